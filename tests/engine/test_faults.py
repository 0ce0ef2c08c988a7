"""The fault table against messages as AWS is recorded to send them: one or more for every row."""

import pytest

from orchestrator.engine.faults import RULES, UNKNOWN, classify
from orchestrator.engine.treatment import Rule, Situation, Treatment
from orchestrator.errors import Fault
from tests.engine.recorded import ATTACHED, CREATING, DELETING, RIU, UPDATING, YOUNG, Recorded
from tests.engine.recorded_dynamodb import DYNAMODB
from tests.engine.recorded_items import INVOKED, ITEMS

INVALID = "ValidationException"
BUSY = "The operation cannot be performed at this time. "
ROLE = "The role defined for the function cannot be assumed by Lambda."
EXECUTION = "The provided execution role does not have permissions to call "

CONFLICT, PARAMETER = "ResourceConflictException", "InvalidParameterValueException"
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:fn"
INVALID_IMAGE = (
    "Source image 123456789012.dkr.ecr.eu-west-1.amazonaws.com/f:1 is not valid. Provide a valid source image."
)
LAMBDA = [
    Recorded(
        "UpdateFunctionCode",
        CONFLICT,
        BUSY + f"An update is in progress for resource: {ARN}",
        "wait_and_reissue",
        status=409,
    ),
    Recorded(
        "UpdateFunctionCode",
        CONFLICT,
        BUSY + "The function is currently in the following state: Pending",
        "wait_and_reissue",
        status=409,
    ),
    Recorded(
        "PublishVersion",
        CONFLICT,
        BUSY + f"The resource {ARN} is currently in the following state: 'Pending'. StateReasonCode: 'Creating'",
        "wait_and_reissue",
        status=409,
    ),
    Recorded(
        "TagResource",
        CONFLICT,
        "The function could not be updated due to a concurrent update operation.",
        "wait_and_reissue",
        status=409,
    ),
    Recorded("CreateFunction", CONFLICT, "Function already exist: fn", "verify", CREATING, 409),
    Recorded("CreateAlias", CONFLICT, f"Alias already exists: {ARN}:live", "verify", CREATING, 409),
    Recorded(
        "UpdateAlias",
        CONFLICT,
        "Version is pointed by a Provisioned Concurrency alias",
        "fatal",
        UPDATING,
        409,
    ),
    Recorded("UpdateFunctionCode", CONFLICT, "Words that nobody has seen yet", "wait_and_reissue", status=409),
    Recorded(
        "UpdateFunctionCode",
        "PreconditionFailedException",
        "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve "
        "the latest Revision Id",
        "precondition",
        status=412,
    ),
    Recorded(
        "PublishVersion",
        PARAMETER,
        "CodeSHA256 (x) is different from current CodeSHA256 in $LATEST (y). Please try again with the CodeSHA256 in "
        "$LATEST.",
        "precondition",
    ),
    Recorded("CreateFunction", PARAMETER, ROLE, "iam_lag", CREATING),
    Recorded("CreateFunction", PARAMETER, EXECUTION + "CreateNetworkInterface on EC2", "iam_lag", CREATING),
    Recorded("UpdateFunctionConfiguration", PARAMETER, EXECUTION + "SendMessage on SQS", "iam_lag"),
    Recorded(
        "UpdateFunctionConfiguration",
        PARAMETER,
        "Please ensure the role can perform the GetRecords Actions on your stream in IAM.",
        "iam_lag",
    ),
    Recorded(
        "CreateFunction",
        PARAMETER,
        "Lambda was unable to configure access to your environment variables because the KMS key is invalid for "
        "CreateGrant. Please check your KMS key settings.",
        "iam_lag",
        CREATING,
    ),
    Recorded(
        "CreateFunction",
        PARAMETER,
        "The security token included in the request is invalid. (Service: Kms)",
        "iam_lag",
        CREATING,
    ),
    Recorded("CreateFunction", PARAMETER, "Your request has been throttled by EC2", "backoff", CREATING),
    Recorded("UpdateFunctionConfiguration", PARAMETER, "The request has been throttled by EC2", "backoff"),
    Recorded("UpdateFunctionConfiguration", "EC2ThrottledException", "Request limit exceeded.", "backoff", status=502),
    Recorded("UpdateFunctionConfiguration", PARAMETER, EXECUTION + "CreateNetworkInterface on EC2", "iam_lag"),
    Recorded("UpdateFunctionConfiguration", PARAMETER, EXECUTION + "Publish on SNS", "iam_lag"),
    Recorded(
        "UpdateFunctionConfiguration",
        PARAMETER,
        "Lambda was unable to configure access to your environment variables because the KMS key is invalid for "
        "CreateGrant. Please check your KMS key settings.",
        "iam_lag",
    ),
    Recorded("CreateFunction", PARAMETER, INVALID_IMAGE, "iam_lag", CREATING),
    Recorded("UpdateFunctionCode", PARAMETER, INVALID_IMAGE, "iam_lag"),
    Recorded(
        "UpdateFunctionCode",
        PARAMETER,
        "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.",
        "fatal",
    ),
    Recorded(
        "UpdateFunctionCode",
        PARAMETER,
        "Please don't provide ImageUri when updating a function with packageType Zip.",
        "fatal",
    ),
    Recorded(
        "UpdateFunctionCode",
        PARAMETER,
        "Please provide ImageUri when updating a function with packageType Image.",
        "fatal",
    ),
    Recorded("CreateFunction", PARAMETER, "Could not unzip uploaded file.", "fatal", CREATING),
    Recorded(
        "UpdateFunctionConfiguration",
        "ValidationException",
        "1 validation error detected: Value '64' at 'memorySize' failed to satisfy constraint",
        "fatal",
    ),
    Recorded("CreateFunction", "InvalidRequestContentException", "Could not parse request body", "fatal", CREATING),
    Recorded("UpdateFunctionCode", "CodeStorageExceededException", "Code storage limit exceeded.", "fatal"),
    Recorded("UpdateFunctionCode", "RequestTooLargeException", "Request must be smaller", "fatal", status=413),
    Recorded("UpdateFunctionCode", "RequestEntityTooLargeException", "Zipped size must be", "fatal", status=413),
    Recorded("UpdateFunctionCode", "InvalidCodeSignatureException", "", "fatal"),
    Recorded("UpdateFunctionCode", "CodeVerificationFailedException", "", "fatal"),
    Recorded("CreateAlias", "AliasLimitExceededException", "", "fatal", CREATING),
    Recorded("CreateFunction", "ServiceQuotaExceededException", "", "fatal", CREATING, 402),
    Recorded("UpdateFunctionCode", "TooManyRequestsException", "Rate exceeded", "backoff", status=429),
    Recorded("UpdateFunctionCode", "ServiceException", "An error occurred", "verify", status=500),
    Recorded("UpdateAlias", "ResourceNotFoundException", f"Function not found: {ARN}:7", "lag", YOUNG, 404),
    Recorded("UpdateAlias", "ResourceNotFoundException", f"Function not found: {ARN}", "precondition", UPDATING, 404),
    Recorded("DeleteFunction", "ResourceNotFoundException", f"Function not found: {ARN}", "verify", DELETING, 404),
    Recorded("UpdateFunctionCode", "AccessDeniedException", "not authorized", "denied", status=403),
    Recorded(
        "DeleteFunction",
        RIU,
        "Cannot delete the event source mapping because it is in use.",
        "wait_and_reissue",
    ),
]

SCALING = [
    Recorded("RegisterScalableTarget", "ConcurrentUpdateException", "You already have a pending update", "backoff"),
    Recorded("DeregisterScalableTarget", "ObjectNotFoundException", "No scalable target found", "verify"),
    Recorded("RegisterScalableTarget", "FailedResourceAccessException", "Unable to assume IAM role", "iam_lag"),
    Recorded("RegisterScalableTarget", INVALID, "DynamoDB table does not exist: table/orders", "lag", YOUNG),
    Recorded("RegisterScalableTarget", INVALID, "DynamoDB table does not exist: table/orders", "fatal"),
    Recorded(
        "PutScalingPolicy",
        INVALID,
        "Only one TargetTrackingScaling policy for a given metric specification is allowed.",
        "verify",
    ),
    Recorded("RegisterScalableTarget", "LimitExceededException", "Too many scalable targets", "fatal"),
    Recorded("RegisterScalableTarget", "InternalServiceException", "", "verify", status=500),
]
ALL = [
    (service, recorded)
    for service, answers in (
        ("dynamodb", [*DYNAMODB, *ITEMS]),
        ("application-autoscaling", SCALING),
        ("lambda", [*LAMBDA, *ATTACHED, *INVOKED]),
    )
    for recorded in answers
]


def fault(service: str, recorded: Recorded) -> Fault:
    return Fault(service, recorded.api, recorded.code, recorded.message, status=recorded.status, sent=recorded.sent)


def name(value: object) -> str:
    return f"{value.api}-{value.code}-{value.treatment}" if isinstance(value, Recorded) else str(value)


@pytest.mark.parametrize(("service", "recorded"), ALL, ids=name)
def test_recorded_answers_are_treated_as_the_fact_sheet_says(service: str, recorded: Recorded) -> None:
    assert classify(fault(service, recorded), recorded.situation).treatment.value == recorded.treatment


@pytest.mark.parametrize(("service", "recorded"), ALL, ids=name)
def test_messages_are_matched_in_any_case(service: str, recorded: Recorded) -> None:
    loud = recorded._replace(message=recorded.message.upper())
    assert classify(fault(service, loud), recorded.situation).treatment.value == recorded.treatment


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.service}-{rule.code[:30]}-{rule.message[:30]}")
def test_every_row_is_met_by_a_recorded_answer(rule: Rule) -> None:
    """A row that nothing recorded reaches is a guess, or hidden behind another."""
    assert any(classify(fault(service, recorded), recorded.situation) is rule for service, recorded in ALL)


def test_every_row_says_why_and_on_whose_word() -> None:
    assert all(rule.why and rule.source for rule in (*RULES, UNKNOWN))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.service}-{rule.code[:30]}-{rule.message[:30]}")
def test_what_ends_a_step_says_what_to_do(rule: Rule) -> None:
    ends = {Treatment.FATAL, Treatment.DENIED, Treatment.CREDENTIALS, Treatment.QUOTA_WAIT, Treatment.PRECONDITION}
    assert rule.advice or rule.treatment not in ends


def test_c9_a_conflict_is_told_from_a_failed_precondition() -> None:
    """C9: 409 is waited for and sent again, 412 is read again and compared."""
    conflict = Fault("lambda", "UpdateFunctionCode", CONFLICT, "An update is in progress for resource: x", status=409)
    stale = Fault("lambda", "UpdateFunctionCode", "PreconditionFailedException", "The Revision Id…", status=412)
    assert classify(conflict, UPDATING).treatment is Treatment.WAIT
    assert classify(stale, UPDATING).treatment is Treatment.PRECONDITION


def test_only_time_to_live_that_comes_too_early_lets_all_else_go_first() -> None:
    """Nothing of a table rests on it."""
    (rule,) = [rule for rule in RULES if rule.yields]
    fault = Fault("dynamodb", "UpdateTimeToLive", "ValidationException", TTL_TOO_EARLY, status=400)
    assert classify(fault, Situation("update")) is rule
    assert (rule.treatment, rule.wait_seconds) == (Treatment.QUOTA_WAIT, 3600)


TTL_TOO_EARLY = "Time to live has been modified multiple times within a fixed interval"

TRANSACTING = Situation("run")
SPARED = (
    "ValidationException",
    "ResourceNotFoundException",
    "ResourceInUseException",
    "LimitExceededException",
    "AccessDeniedException",
    "ThrottlingException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "IdempotentParameterMismatchException",
    "ItemCollectionSizeLimitExceededException",
    "ConditionalCheckFailedException",
    "ExpiredTokenException",
)


@pytest.mark.parametrize("code", SPARED)
def test_what_proves_that_a_transaction_had_no_effect(code: str) -> None:
    """And only where the service answered that it was not to blame itself (fact sheet 6.4)."""
    for status, spared in ((400, True), (500, False), (None, False)):
        fault = Fault("dynamodb", "TransactWriteItems", code, "", status=status)
        assert classify(fault, TRANSACTING).spares(fault) is spared, status


@pytest.mark.parametrize("code", ["TransactionInProgressException", "SomethingNewException", "SerializationException"])
def test_what_proves_nothing_of_a_transaction(code: str) -> None:
    fault = Fault("dynamodb", "TransactWriteItems", code, "", status=400)
    assert not classify(fault, TRANSACTING).spares(fault)


@pytest.mark.parametrize("code", ["TooLate", "ParamValidation", "EndpointUnreachable"])
def test_what_never_left_had_no_effect(code: str) -> None:
    fault = Fault("dynamodb", "TransactWriteItems", code, "", status=None, sent=False)
    assert classify(fault, TRANSACTING).spares(fault)
