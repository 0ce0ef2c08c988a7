"""The one table from what AWS answers to what the engine does about it (architecture, rule 6).

A Fault and the Situation it came in enter `classify`; the first Rule that matches leaves. A code alone rarely tells: AWS says
transient and final things under one code, so the message decides (fact sheet 0.2).
"""

from functools import partial

from orchestrator.credentials import SIGNS
from orchestrator.engine import treatment as when
from orchestrator.engine.treatment import Rule, Situation, Treatment
from orchestrator.errors import Fault
from orchestrator.model import Scope

HOUR, DAY = 3600.0, 86400.0

WAIT, BACKOFF, VERIFY = Treatment.WAIT, Treatment.BACKOFF, Treatment.VERIFY
LAG, IAM_LAG, QUOTA_WAIT = Treatment.LAG, Treatment.IAM_LAG, Treatment.QUOTA_WAIT
PRECONDITION, RECONNECT = Treatment.PRECONDITION, Treatment.RECONNECT
DENIED, CREDENTIALS, FATAL = Treatment.DENIED, Treatment.CREDENTIALS, Treatment.FATAL

IN_USE, LIMIT, CONFLICT = "ResourceInUseException", "LimitExceededException", "ResourceConflictException"
INVALID, PARAMETER = "ValidationException", "InvalidParameterValueException"
GONE = r"ResourceNotFoundException|TableNotFoundException|BackupNotFoundException"
NO_REPLICA = r"replica (update|delete) action of the request was not found|were not part of the global table"
THROTTLED = (
    r"Throttling(Exception)?|ThrottledException|RequestThrottled(Exception)?|TooManyRequestsException|RequestLimitExceeded"
    r"|ProvisionedThroughputExceededException|BandwidthLimitExceeded|SlowDown|PriorRequestNotComplete|EC2ThrottledException"
)
CANCELLED, CONDITION_FAILED = "TransactionCanceledException", "ConditionalCheckFailedException"
OF_ITEMS = "TransactWriteItems|TransactGetItems|(Put|Update|Delete|Get)Item|Batch(Write|Get)Item|Scan"
"""Without Query, which may be of an index that is on its way; nothing of ours scans an index."""
NOT_STARTED = (
    r"(Invalid(Runtime|ZipFile|SubnetID|SecurityGroupID)|KMS(AccessDenied|Disabled|InvalidState|NotFound)|EC2AccessDenied"
    r"|ENILimitReached|SubnetIPAddressLimitReached|SnapStart(Timeout)?|EFSMount(Connectivity|Failure))Exception"
)
REVISE = "Correct what the message names in the plan, then run again."
PREVIEW = "Somebody else changes it too: preview again."
INVOKED_BY = "See that the function has the alias or version that the task names, then run again."
LATER = "Run again then."
RAISE = "Ask AWS to raise the quota, or remove what is not needed, then run again."
ALLOW = "Allow these credentials the API call named here, then run again."
SLOW = "See why the source of the credentials takes so long, then run again."
REACH = "See that the endpoint is up and its address right (--endpoint-url, AWS_ENDPOINT_URL), then run again."

dynamodb, lambda_ = partial(Rule, service="dynamodb"), partial(Rule, service="lambda")
scaling = partial(Rule, service="application-autoscaling")

# A table reads best with a row on a line or two: treatment, code, message, why, source.
# fmt: off
CLIENT_SIDE = (
    *(Rule(CREDENTIALS, it.codes, it.words, it.trouble.brief, "1.5", advice=it.trouble.advice) for it in SIGNS),
    Rule(FATAL, "ParamValidation", "", "the client's own validation refuses it", "14.4", when=when.unsent, advice=REVISE),
    Rule(RECONNECT, "TooLate", "", "it was not ready in time, so it was not sent", "14.4", when=when.unsent, advice=SLOW),
    Rule(RECONNECT, "", "", "no connection was made, so nothing was applied", "14.4", when=when.unsent, advice=REACH),
)

DYNAMODB = (
    # who else is at it
    dynamodb(VERIFY, IN_USE, r"table already exists", "somebody made it first, or our own lost reply did", "1.5, 14.4",
             operation="CreateTable"),
    dynamodb(WAIT, IN_USE, r"table is being (created|updated|deleted)", "the table is on its way", "1.4, 1.5",
             scope=Scope.SELF),
    dynamodb(WAIT, IN_USE, r"index is being", "an index is on its way although the table says ACTIVE", "1.5"),
    dynamodb(WAIT, IN_USE, r"iops are currently being updated", "throughput changes, often by auto scaling", "1.5",
             scope=Scope.SELF),
    dynamodb(WAIT, IN_USE, r"cannot delete table while indexes", "indexes hold back the deletion", "1.5"),
    dynamodb(WAIT, "TableInUseException|BackupInUseException", "", "the table or a backup of it is on its way", "1.5",
             scope=Scope.SELF),
    dynamodb(PRECONDITION, INVALID, r"must be specified for index", "the indexes are not those planned for", "2.5, 14.6",
             advice=PREVIEW),
    dynamodb(PRECONDITION, "PolicyNotFoundException", "", "the policy is not of the revision that was looked at", "1.5, 3",
             when=when.changing, advice=PREVIEW),
    dynamodb(WAIT, IN_USE, r"pending.*resource-based policy", "a change of the policy is on its way", "1.4, 3",
             scope=Scope.SELF),
    dynamodb(WAIT, INVALID, r"not in a valid state to enable kinesis", "the table or a destination is on its way", "1.4",
             scope=Scope.SELF),
    dynamodb(WAIT, INVALID, r"not in a valid state to update key access", "the table or an index is on its way", "1.4"),
    # what is rationed
    dynamodb(WAIT, LIMIT, r"only \d+ online index", "one index change at a time on each table", "1.5, 14.4"),
    dynamodb(WAIT, LIMIT, r"simultaneously", "the account's control plane has its hands full", "1.5, 4.1, 14.4"),
    dynamodb(QUOTA_WAIT, LIMIT, r"decrease", "the day's decreases are used up; each hour grants one more", "1.5, 3",
             wait_seconds=HOUR, advice=LATER),
    dynamodb(QUOTA_WAIT, LIMIT, r"pay_?per_?request|billing ?mode", "switches to on-demand are rationed by the day",
             "1.5, 2.5", wait_seconds=DAY, advice=LATER),
    dynamodb(QUOTA_WAIT, LIMIT, r"encryption mode changes", "changes of the key are rationed by the day", "3",
             wait_seconds=6 * HOUR, advice=LATER),
    dynamodb(QUOTA_WAIT, LIMIT, r"tableclass", "two changes of the table class in 30 days", "3",
             wait_seconds=30 * DAY, advice=LATER),
    dynamodb(BACKOFF, LIMIT, "", "a describe that is rationed by the minute", "1.5", when=when.reading),
    dynamodb(FATAL, LIMIT, "", "an account quota: nothing changes until it is raised", "1.5", advice=RAISE),
    dynamodb(QUOTA_WAIT, INVALID, r"time to live has been modified multiple times", "TTL changes once an hour at most",
             "1.6, 3", wait_seconds=HOUR, advice=LATER, yields=True),
    dynamodb(QUOTA_WAIT, INVALID, r"acted as a source region", "a source of new replicas can't go for a day", "1.6, 5",
             wait_seconds=DAY, advice=LATER),
    # what is not ready yet
    dynamodb(WAIT, "ContinuousBackupsUnavailableException", "", "a new table can't be backed up yet", "1.5, 3",
             scope=Scope.SELF),
    dynamodb(WAIT, INVALID, r"backups are being enabled", "backups are being enabled", "3, 14.4", scope=Scope.SELF),
    dynamodb(WAIT, INVALID, r"cannot read from backfilling", "the index is still being filled", "1.6, 6.1"),
    dynamodb(LAG, INVALID, r"does not have the specified index", "not every node knows a new index yet", "6.1, 7",
             when=when.fresh),
    # replicas of global tables
    dynamodb(WAIT, INVALID, r"not allowed while the replica is being added", "a replica is on its way", "8.1"),
    dynamodb(VERIFY, INVALID, r"already existed as tables", "the replica is there, or goes, or a table is in its way", "8.3"),
    dynamodb(VERIFY, INVALID, NO_REPLICA, "the replica to delete is gone", "8.3", when=when.deleting),
    dynamodb(LAG, INVALID, NO_REPLICA, "not every node knows a new replica yet", "1.6, 7, 8.3", when=when.fresh),
    dynamodb(PRECONDITION, INVALID, NO_REPLICA, "somebody took the replica away", "8.3", advice=PREVIEW),
    dynamodb(FATAL, INVALID, r"kmsmasterkeyid must be specified for each replica", "each replica needs a key of its own",
             "8.3", advice="Give every replica a KMS key of its own Region; the type of key is one for all."),
    dynamodb(FATAL, INVALID, r"should either be pay-per-request or autoscaled", "writes must scale by themselves", "8.1",
             advice="Bill the table on demand, or scale the writes of the table and of every index automatically."),
    dynamodb(FATAL, INVALID, r"exceeds your current account limit in region", "the Regions' quotas are not the same", "8.3",
             advice="Have the quota raised in the Region that the message names, then run again."),
    dynamodb(FATAL, INVALID, r"disabling stream is not allowed for a global table", "the stream feeds the replicas", "3, 8.1",
             advice="Leave `stream` on, or remove the replicas first."),
    dynamodb(FATAL, INVALID, r"has deletion protection enabled", "deletion protection is on in the replica's Region", "8.2",
             advice="Turn the protection off in that Region, then run again."),
    # what is as wanted already
    dynamodb(VERIFY, INVALID, r"timetolive is already (enabled|disabled)", "TTL is so already", "1.6, 14.4"),
    dynamodb(VERIFY, INVALID, r"will not change", "the numbers are so already: typical of a lost reply", "1.6, 14.4"),
    dynamodb(VERIFY, INVALID, r"already has an enabled stream|stream.*(already disabled|not enabled)|no stream to disable",
             "the stream is so already", "1.6"),
    dynamodb(VERIFY, INVALID, r"warmthroughput .*is lower than current", "it is that warm already", "1.6"),
    dynamodb(VERIFY, INVALID, r"already exists", "the index is there: ours, or somebody's", "2.3"),
    # what a person must decide
    dynamodb(FATAL, INVALID, r"timetolive is active on a different attributename", "TTL is on another attribute", "1.6",
             advice=PREVIEW),
    dynamodb(FATAL, INVALID, r"protected against deletion", "deletion protection is on", "1.6",
             advice="Say `{ensure: absent, deletion_protection: false}` in the plan, or turn the protection off."),
    dynamodb(FATAL, INVALID, "", "AWS can't take this request as it is", "1.5", advice=REVISE),
)

ITEMS = (  # what is said of items rather than of tables; before DYNAMODB, whose rows are wider
    dynamodb(BACKOFF, CANCELLED, "", "others were at its items, or it was throttled: nothing was applied", "6.3",
             when=when.passing),
    dynamodb(FATAL, CANCELLED, "", "an action was refused, so that nothing was applied", "6.3",
             advice="See why the actions named here were refused; once that is mended, run again."),
    dynamodb(VERIFY, "TransactionInProgressException", "", "the attempt before this one is still at it", "6.3"),
    dynamodb(FATAL, INVALID, "", "AWS can't take this request as it is, whatever its words", "6.4", operation=OF_ITEMS,
             advice=REVISE, final=True),
    dynamodb(FATAL, "IdempotentParameterMismatchException", "", "its token was used for another request", "6.3",
             advice="See who else sends transactions under this token; past ten minutes AWS knows it no more."),
    dynamodb(BACKOFF, "TransactionConflictException|ReplicatedWriteConflictException", "",
             "somebody else is at the item at this moment", "6.3"),
    dynamodb(FATAL, CONDITION_FAILED, "", "the item is not as the condition asks", "6.4",
             advice="See what the item is like, then run again."),
    dynamodb(FATAL, "ItemCollectionSizeLimitExceededException", "", "10 GB under one partition key, with local indexes", "6.3",
             advice="Remove items of that partition key, then run again."),
)

SCALING = (
    scaling(BACKOFF, "ConcurrentUpdateException", "", "somebody changes the same target at this moment", "3, 14.4"),
    scaling(VERIFY, "ObjectNotFoundException", "", "the target is gone already, or not seen yet", "3, 14.4"),
    scaling(IAM_LAG, "FailedResourceAccessException", "", "its role can't reach the table yet", "3",
            advice="See that the service-linked role of Application Auto Scaling for DynamoDB exists, then run again."),
    scaling(LAG, INVALID, r"does not exist", "a new table or index is not known there yet", "1.4, 7", when=when.fresh),
    scaling(VERIFY, INVALID, r"only one targettrackingscaling policy", "somebody put one under another name", "3, 14.4",
            operation="PutScalingPolicy", advice=PREVIEW),
    scaling(FATAL, LIMIT, "", "a quota of Application Auto Scaling", "3", advice=RAISE),
    scaling(FATAL, INVALID, "", "Application Auto Scaling can't take it as it is", "3", advice=REVISE),
)

LAMBDA = (
    # who else is at it
    lambda_(WAIT, CONFLICT, r"update is in progress", "an update of the function is in progress", "11.4, 14.4"),
    lambda_(WAIT, CONFLICT, r"in the following state", "the function is on its way", "11.4, 14.4"),
    lambda_(WAIT, CONFLICT, r"concurrent update", "somebody's update got in between", "11.4, 14.4"),
    lambda_(VERIFY, CONFLICT, r"already exist", "somebody made it first, or our own lost reply did", "11.4, 14.4"),
    lambda_(FATAL, CONFLICT, r"provisioned (concurrency|version)", "provisioned concurrency stands in the way", "11.4",
            advice="Remove the provisioned concurrency of that version or alias, then run again."),
    lambda_(WAIT, CONFLICT, "", "a conflict in new words; conflicts pass, and the deadline is the limit", "0.2, 11.4",
            guess=True, advice="See what the message says; if it passes by itself, run again."),
    lambda_(PRECONDITION, "PreconditionFailedException", "", "changed by others since it was read", "11.5, 12.1",
            advice=PREVIEW),
    lambda_(PRECONDITION, PARAMETER, r"codesha256 .*is different", "other code than was to be published", "11.7",
            advice=PREVIEW),
    # what may be too young to be seen
    lambda_(BACKOFF, PARAMETER, r"throttled by ec2", "EC2 slows Lambda down", "12.3, 14.4"),
    lambda_(IAM_LAG, PARAMETER, r"cannot be assumed by lambda", "a new role, or one that does not trust Lambda", "12.3",
            advice="See that the role exists and that its trust policy names lambda.amazonaws.com."),
    lambda_(IAM_LAG, PARAMETER, r"role does not have permissions|ensure the role can perform|not authorized to perform",
            "the role's permissions are new, or missing", "12.3",
            advice="Give the role the permission that the message names."),
    lambda_(IAM_LAG, PARAMETER, r"kms key is invalid for creategrant|check your kms key settings",
            "the key's grants are new, or the key is unusable", "12.3",
            advice="See that the KMS key is enabled and that the role may use it."),
    lambda_(IAM_LAG, PARAMETER, r"provide a valid source image", "a new image is not seen yet, or there is none", "12.3",
            advice="See that the image is there, in the function's own Region, and that Lambda may pull it."),
    lambda_(IAM_LAG, PARAMETER, r"security token included in the request is invalid", "a session inside Lambda is new",
            "12.3"),
    # what a person must decide
    lambda_(FATAL, PARAMETER, r"error occurred while getobject", "Lambda can't read the object", "13",
            advice="See that the object is there, in the function's own Region, and that these credentials may read it."),
    lambda_(FATAL, PARAMETER, r"(don't )?provide imageuri", "made of the other sort of package, for good", "11.6",
            advice="Somebody made the function anew of another package type: preview again."),
    lambda_(FATAL, rf"{PARAMETER}|{INVALID}|InvalidRequestContent(Exception)?", "", "Lambda can't take it as it is", "12.1",
            advice=REVISE),
    lambda_(FATAL, "CodeStorageExceededException", "", "the Region's code storage is full", "12.1",
            advice="Delete versions that no alias needs, then run again."),
    lambda_(FATAL, r"RequestTooLargeException|RequestEntityTooLarge(Exception)?", "", "the package is too large", "12.1, 13",
            advice="Make the package smaller, or put it into S3."),
    lambda_(FATAL, r"CodeVerificationFailedException|InvalidCodeSignatureException|CodeSigningConfigNotFoundException", "",
            "the package's signature is refused", "12.1", advice="Sign it as the code signing configuration asks."),
    lambda_(FATAL, r"ServiceQuotaExceededException|PolicyLengthExceededException|.*LimitExceededException", "",
            "a quota of Lambda", "12.1", advice=RAISE),
)

ATTACHED = (  # what hangs on a function; before LAMBDA, whose rows are wider
    # who else is at it
    lambda_(WAIT, IN_USE, r"because it is in use", "the mapping is on its way", "11.10, 14.4"),
    lambda_(VERIFY, CONFLICT, r"functionurlconfig exists", "somebody made the URL first, or our own lost reply did", "11.4"),
    # what may be too young to be seen
    lambda_(LAG, PARAMETER, r"function does not exist", "a function made moments ago", "11.10",
            when=when.made("functions", "aliases")),
    lambda_(IAM_LAG, PARAMETER, r"cannot access stream", "the role's permissions are new, or missing", "11.10, 12.3",
            advice="Give the role the permission that the message names."),
    lambda_(IAM_LAG, PARAMETER, r"destination arn|does not have permissions",
            "a destination, or the right to send there, is new or missing", "11.12, 12.3",
            operation="(Put|Update)FunctionEventInvokeConfig",
            advice="See that the destination exists and that the function's role may send to it."),
    lambda_(IAM_LAG, PARAMETER, r"principal.*invalid|invalid principal", "the principal is new, or there is none", "11.11, 12.3",
            operation="AddPermission", advice="See that the principal exists and that its name is right."),
    # what others changed meanwhile
    lambda_(PRECONDITION, GONE, r"cannot find alias", "somebody deleted the alias", "11.8, 14.4", when=when.named_is_old,
            advice=PREVIEW),
    lambda_(PRECONDITION, PARAMETER, r"function does not exist", "somebody deleted the function, or the alias", "11.10",
            advice=PREVIEW),
    lambda_(PRECONDITION, PARAMETER, r"stream not found", "the source is another stream by now, or gone", "11.10",
            advice=PREVIEW),
    # what a person must decide
    lambda_(FATAL, PARAMETER, r"visibility timeout.*less than function timeout",
            "the queue would show messages again while the function still has them", "11.10",
            advice="Raise the queue's visibility timeout to the function's timeout at least (AWS advises six times that), or "
            "lower `timeout`."),
    lambda_(FATAL, PARAMETER, r"lower than function's total provisioned|greater than the reservedconcurrentexecution",
            "more is provisioned than is reserved", "11.9",
            advice="Reserve more, or provision less: `provisioned_concurrency: {ALIAS: off}`."),
    lambda_(FATAL, PARAMETER, r"unreservedconcurrentexecution below its minimum", "the account keeps 100 executions unreserved",
            "11.9", advice="Reserve less, here or for other functions, or ask AWS for more concurrency."),
    lambda_(FATAL, "PublicPolicyException", "", "the account blocks public access to functions", "11.11",
            advice="Name a principal, a source or an account in the permission, or allow public access."),
)

INVOKED = (  # Invoke, by the models and pages of its API; before LAMBDA. Where a function can't start nothing of it ran.
    lambda_(BACKOFF, "(Resource|SnapStart|ENI)NotReadyException", "", "the function is being brought back", "11.2",
            operation="Invoke"),
    lambda_(BACKOFF, "EC2UnexpectedException|EFSMountTimeoutException", "", "its network or files did not come up in time",
            "12.3", operation="Invoke"),
    lambda_(FATAL, NOT_STARTED, "", "Lambda can't start the function as it is configured", "12.3", operation="Invoke",
            advice="Mend what the message names, then run again."),
    lambda_(LAG, GONE, "", "the function, or the alias or version of it, is new and not known everywhere yet", "7, 11.8",
            operation="Invoke", when=when.fresh, advice=INVOKED_BY),
    lambda_(PRECONDITION, GONE, "", "there is no such function, or no such alias or version of it", "11.8",
            operation="Invoke", advice=INVOKED_BY),
    lambda_(FATAL, "EFSIOException", "", "a file system that it uses failed while it ran", "12.3", operation="Invoke",
            advice="See that the file system is up, then run again."),
    lambda_(FATAL, "RecursiveInvocationException", "", "Lambda stopped a loop of functions that invoke each other", "12.1",
            operation="Invoke", advice="See what invokes the function in a loop, then run again."),
    lambda_(FATAL, "(Serialized)?Request(Entity)?TooLarge(Exception)?|UnsupportedMediaTypeException", "",
            "Lambda can't take this payload", "12.1", operation="Invoke",
            advice="A payload is JSON of 6 MB at most, 1 MB where nobody waits for the answer."),
)

ANY_SERVICE = (
    Rule(WAIT, IN_USE, "", "in use, in words not known yet", "1.5, 12.1", guess=True,
         advice="See what the message says; if it passes by itself, run again."),
    Rule(VERIFY, GONE, "", "what is to be deleted is gone", "5, 11.12, 14.4", when=when.deleting),
    Rule(LAG, GONE, "", "made moments ago, not known everywhere yet", "7, 12.1, 14.4", when=when.fresh),
    Rule(PRECONDITION, GONE, "", "somebody deleted it meanwhile", "1.5, 12.1", when=when.changing, advice=PREVIEW),
    Rule(FATAL, GONE, "", "it is not there any more", "1.5, 12.1", advice="Somebody deleted it: preview again."),
    Rule(BACKOFF, THROTTLED, "", "too many requests: nothing was applied", "1.5, 12.1, 14.4"),
    Rule(BACKOFF, "", "", "too many requests: nothing was applied", "10.2", when=when.status(429)),
    Rule(DENIED, r"AccessDenied(Exception)?|UnauthorizedOperation", "", "no permission", "1.5, 12.1", advice=ALLOW),
    Rule(DENIED, "", r"not authorized to perform", "no permission", "1.5, 12.1", when=when.status(400, 403), advice=ALLOW),
    Rule(VERIFY, "", "", "the answer was lost: it may have been applied", "14.4", when=when.unanswered),
    Rule(VERIFY, "", "", "the service failed: it may have been applied", "1.5, 12.1, 14.4", when=when.failing),
)
# fmt: on

RULES: tuple[Rule, ...] = (*CLIENT_SIDE, *ITEMS, *DYNAMODB, *SCALING, *INVOKED, *ATTACHED, *LAMBDA, *ANY_SERVICE)

UNKNOWN = Rule(
    FATAL,
    "",
    "",
    "not known, and the service says that the request is at fault",
    "14.4, rule 24",
    advice="See what the message says. What is done stays done, and the next run goes on from there.",
    unsure=True,
)


def classify(fault: Fault, situation: Situation) -> Rule:
    """The first rule that matches. An unknown answer is final unless the service itself failed or said nothing."""
    return next((rule for rule in RULES if rule.matches(fault, situation)), UNKNOWN)
