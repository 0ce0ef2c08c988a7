"""What is recorded to be answered where items are written, and where functions are invoked, and how that is to be treated."""

from orchestrator.engine.treatment import Situation
from tests.engine.recorded import Recorded

DOING = Situation("run")
NEW = Situation("run", frozenset({("functions", "api")}))
LIVE = "arn:aws:lambda:eu-west-1:123456789012:function:api:live"
CANCELLED = "TransactionCanceledException"
CANCELLED_FOR = "Transaction cancelled, please refer cancellation reasons for specific reasons "

ITEMS = [
    Recorded("TransactWriteItems", CANCELLED, CANCELLED_FOR + "[None, TransactionConflict]", "backoff", DOING),
    Recorded("TransactWriteItems", CANCELLED, CANCELLED_FOR + "[ThrottlingError, None]", "backoff", DOING),
    Recorded("TransactWriteItems", CANCELLED, CANCELLED_FOR + "[ProvisionedThroughputExceeded]", "backoff", DOING),
    Recorded("TransactWriteItems", CANCELLED, CANCELLED_FOR + "[ConditionalCheckFailed, None]", "fatal", DOING),
    Recorded(
        "TransactWriteItems", CANCELLED, CANCELLED_FOR + "[TransactionConflict, ConditionalCheckFailed]", "fatal", DOING
    ),
    Recorded("TransactWriteItems", CANCELLED, CANCELLED_FOR + "[ValidationError]", "fatal", DOING),
    Recorded("TransactWriteItems", CANCELLED, "", "fatal", DOING),
    Recorded(
        "TransactWriteItems",
        "TransactionInProgressException",
        "Transaction from previous request is still in progress",
        "verify",
        DOING,
    ),
    Recorded("TransactWriteItems", "ValidationException", "The attribute name a already exists", "fatal", DOING),
    Recorded("Scan", "ValidationException", "Invalid FilterExpression: Syntax error", "fatal", Situation()),
    Recorded("UpdateItem", "ValidationException", "Item size has exceeded what already exists", "fatal", DOING),
    Recorded("TransactWriteItems", "IdempotentParameterMismatchException", "", "fatal", DOING),
    Recorded("PutItem", "TransactionConflictException", "Transaction is ongoing for the item", "backoff", DOING),
    Recorded("PutItem", "ReplicatedWriteConflictException", "", "backoff", DOING),
    Recorded("PutItem", "ConditionalCheckFailedException", "The conditional request failed", "fatal", DOING),
    Recorded("PutItem", "ItemCollectionSizeLimitExceededException", "Collection size exceeded.", "fatal", DOING),
]

INVOKED = [
    Recorded("Invoke", "ResourceNotFoundException", f"Function not found: {LIVE}", "precondition", DOING, 404),
    Recorded("Invoke", "ResourceNotFoundException", f"Function not found: {LIVE}", "lag", NEW, 404),
    Recorded(
        "Invoke",
        "ResourceNotReadyException",
        "The function is inactive and its VPC connection is no longer available. Wait for the VPC connection to reestablish",
        "backoff",
        DOING,
        502,
    ),
    Recorded("Invoke", "SnapStartNotReadyException", "Lambda is initializing your function.", "backoff", DOING, 409),
    Recorded("Invoke", "ENINotReadyException", "the elastic network interface isn't ready yet", "backoff", DOING, 502),
    Recorded("Invoke", "EC2UnexpectedException", "unexpected Amazon EC2 client exception", "backoff", DOING, 502),
    Recorded("Invoke", "EC2ThrottledException", "Amazon EC2 throttled Lambda", "backoff", DOING, 502),
    Recorded("Invoke", "EFSMountTimeoutException", "the mount operation timed out", "backoff", DOING, 408),
    Recorded("Invoke", "TooManyRequestsException", "Rate Exceeded.", "backoff", DOING, 429),
    Recorded("Invoke", "EFSIOException", "An error occurred when reading", "fatal", DOING, 410),
    Recorded("Invoke", "EFSMountFailureException", "couldn't mount the file system", "fatal", DOING, 403),
    Recorded("Invoke", "KMSDisabledException", "the KMS key used is disabled", "fatal", DOING, 502),
    Recorded("Invoke", "InvalidRuntimeException", "The runtime version is not supported", "fatal", DOING, 502),
    Recorded("Invoke", "SubnetIPAddressLimitReachedException", "no available IP addresses", "fatal", DOING, 502),
    Recorded("Invoke", "SnapStartException", "afterRestore() hook failed", "fatal", DOING, 400),
    Recorded(
        "Invoke", "RecursiveInvocationException", "Lambda has detected your function in a loop", "fatal", DOING, 400
    ),
    Recorded("Invoke", "UnsupportedMediaTypeException", "not JSON", "fatal", DOING, 415),
    Recorded("Invoke", "RequestTooLargeException", "exceeded 6291456 bytes", "fatal", DOING, 413),
    Recorded("Invoke", "SerializedRequestEntityTooLargeException", "", "fatal", DOING, 413),
    Recorded("Invoke", "ServiceException", "internal error", "verify", DOING, 500),
    Recorded("Invoke", "NoAnswer", "ReadTimeoutError", "verify", DOING, None),
    Recorded(
        "Invoke",
        "ResourceConflictException",
        "The operation cannot be performed at this time. The function is currently in the following state: Pending",
        "wait_and_reissue",
        DOING,
        409,
    ),
]
