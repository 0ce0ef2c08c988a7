"""Answers as AWS is recorded to give them, to what changes the parts of a function; the others are beside the tests."""

from typing import NamedTuple

from orchestrator.engine.treatment import Situation

CREATING, UPDATING, DELETING, READING = (
    Situation("create"),
    Situation("update"),
    Situation("delete"),
    Situation(),
)
YOUNG = Situation("update", made=frozenset({("functions", "fn"), ("aliases", "new")}))
PUBLISHED = Situation("create", made=frozenset({("version", "")}))

RIU = "ResourceInUseException"
CONFLICT, PARAMETER = "ResourceConflictException", "InvalidParameterValueException"
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:fn"


class Recorded(NamedTuple):
    """One answer as it was recorded, and what the fact sheet says to do about it."""

    api: str
    code: str
    message: str
    treatment: str
    situation: Situation = UPDATING
    status: int | None = 400
    sent: bool = True


QUEUE = "arn:aws:sqs:eu-west-1:123456789012:q"
ATTACHED = [
    Recorded(
        "UpdateEventSourceMapping",
        RIU,
        "Cannot update the event source mapping because it is in use.",
        "wait_and_reissue",
    ),
    Recorded(
        "DeleteEventSourceMapping",
        RIU,
        "Cannot delete the event source mapping because it is in use.",
        "wait_and_reissue",
        DELETING,
    ),
    Recorded(
        "CreateEventSourceMapping",
        CONFLICT,
        'The event source arn (" a ") and function (" fn ") provided mapping already exists. … with UUID 1',
        "verify",
        CREATING,
        409,
    ),
    Recorded(
        "CreateEventSourceMapping",
        CONFLICT,
        f'An event source mapping with SQS arn (" {QUEUE} ") and function (" fn ") already exists. … with UUID 1',
        "verify",
        CREATING,
        409,
    ),
    Recorded(
        "CreateFunctionUrlConfig",
        CONFLICT,
        "Error message:  FunctionUrlConfig exists for this Lambda function",
        "verify",
        CREATING,
        409,
    ),
    Recorded(
        "AddPermission",
        CONFLICT,
        "The statement id (x) provided already exists. Please provide a new statement id, or remove the existing statement.",
        "verify",
        CREATING,
        409,
    ),
    Recorded(
        "RemovePermission",
        "ResourceNotFoundException",
        "Statement x is not found in resource policy.",
        "verify",
        DELETING,
        404,
    ),
    Recorded(
        "DeleteEventSourceMapping",
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
        "verify",
        DELETING,
        404,
    ),
    Recorded(
        "CreateEventSourceMapping",
        PARAMETER,
        "Function does not exist",
        "lag",
        YOUNG,
    ),
    Recorded("CreateEventSourceMapping", PARAMETER, "Function does not exist", "precondition", CREATING),
    Recorded("CreateEventSourceMapping", PARAMETER, "Function does not exist", "precondition", PUBLISHED),
    Recorded(
        "UpdateAlias", "ResourceNotFoundException", f"Cannot find alias arn: {ARN}:old", "precondition", YOUNG, 404
    ),
    Recorded("UpdateAlias", "ResourceNotFoundException", f"Cannot find alias arn: {ARN}:new", "lag", YOUNG, 404),
    Recorded("DeleteAlias", "ResourceNotFoundException", f"Cannot find alias arn: {ARN}:old", "verify", DELETING, 404),
    Recorded(
        "CreateEventSourceMapping",
        PARAMETER,
        "Cannot access stream arn. Please ensure the role can …",
        "iam_lag",
        CREATING,
    ),
    Recorded(
        "CreateEventSourceMapping",
        PARAMETER,
        "The function execution role does not have permissions to call ReceiveMessage on SQS",
        "iam_lag",
        CREATING,
    ),
    Recorded("PutFunctionEventInvokeConfig", PARAMETER, f"The destination ARN {QUEUE} is invalid.", "iam_lag"),
    Recorded(
        "UpdateFunctionEventInvokeConfig",
        PARAMETER,
        "The function's execution role does not have permissions to call SendMessage on SQS",
        "iam_lag",
    ),
    Recorded(
        "AddPermission",
        PARAMETER,
        "The provided principal was invalid. Please check the principal and try again.",
        "iam_lag",
        CREATING,
    ),
    Recorded("CreateEventSourceMapping", PARAMETER, "Stream not found: arn:aws:dynamodb:…", "precondition", CREATING),
    Recorded(
        "CreateEventSourceMapping",
        PARAMETER,
        "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds",
        "fatal",
        CREATING,
    ),
    Recorded(
        "PutFunctionConcurrency",
        PARAMETER,
        "ReservedConcurrentExecutions  1 should not be lower than function's total provisioned concurrency [2].",
        "fatal",
    ),
    Recorded(
        "PutProvisionedConcurrencyConfig",
        PARAMETER,
        "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function",
        "fatal",
    ),
    Recorded(
        "PutFunctionConcurrency",
        PARAMETER,
        "… UnreservedConcurrentExecution below its minimum value of [100].",
        "fatal",
    ),
    Recorded(
        "PutProvisionedConcurrencyConfig",
        CONFLICT,
        "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version",
        "fatal",
        UPDATING,
        409,
    ),
    Recorded(
        "AddPermission",
        "PublicPolicyException",
        "Lambda detected that your policy allows public access",
        "fatal",
        CREATING,
    ),
]
