"""What DynamoDB is recorded to answer, and how each answer is to be treated."""

from orchestrator.engine.treatment import Situation
from tests.engine.recorded import CREATING, DELETING, READING, RIU, YOUNG, Recorded

USE = "Attempt to change a resource which is still in use: "
RATION = "Subscriber limit exceeded: "
NO_REPLICA = "Replica specified in the Replica Update or Replica Delete action of the request was not found"

DYNAMODB = [
    Recorded("CreateTable", RIU, "Table already exists: orders", "verify", CREATING),
    Recorded("UpdateTable", RIU, USE + "Table is being created: orders", "wait_and_reissue"),
    Recorded("UpdateTable", RIU, USE + "Table is being updated: orders", "wait_and_reissue"),
    Recorded("DeleteTable", RIU, USE + "Table is being deleted: orders", "wait_and_reissue", DELETING),
    Recorded("UpdateTable", RIU, USE + "Index is being updated.  Table: orders Index: by_day", "wait_and_reissue"),
    Recorded("UpdateTable", RIU, USE + "Table IOPS are currently being updated. Table: orders", "wait_and_reissue"),
    Recorded(
        "DeleteTable",
        RIU,
        USE + "Cannot delete table while indexes are being created, updated, or deleted.",
        "wait_and_reissue",
        DELETING,
    ),
    Recorded("UpdateTable", RIU, "The resource which you are attempting to change is in use.", "wait_and_reissue"),
    Recorded("CreateBackup", "TableInUseException", "Table is being updated: orders", "wait_and_reissue"),
    Recorded("DeleteTable", "BackupInUseException", "Backup is being created", "wait_and_reissue", DELETING),
    Recorded(
        "UpdateTable",
        "LimitExceededException",
        RATION + "Only 1 online index can be created or deleted simultaneously per table",
        "wait_and_reissue",
    ),
    Recorded(
        "CreateTable",
        "LimitExceededException",
        RATION + "Only 10 tables can be created, updated, or deleted simultaneously",
        "wait_and_reissue",
        CREATING,
    ),
    Recorded(
        "UpdateTable",
        "LimitExceededException",
        RATION + "Provisioned throughput decreases are limited within a given UTC day.",
        "quota_wait",
    ),
    Recorded(
        "UpdateTable",
        "LimitExceededException",
        RATION + "Update to PayPerRequest mode are limited to once in 1 day(s).",
        "quota_wait",
    ),
    Recorded(
        "CreateTable",
        "LimitExceededException",
        RATION + "There is a limit of 256 tables per subscriber",
        "fatal",
        CREATING,
    ),
    Recorded("DescribeLimits", "LimitExceededException", "Too many requests", "backoff", READING),
    Recorded(
        "UpdateContinuousBackups",
        "ContinuousBackupsUnavailableException",
        "Backups are being enabled for the table: orders. Please retry later",
        "wait_and_reissue",
    ),
    Recorded(
        "UpdateTimeToLive", "ValidationException", "Backups are being enabled for the table: orders", "wait_and_reissue"
    ),
    Recorded(
        "UpdateTimeToLive",
        "ValidationException",
        "Time to live has been modified multiple times within a fixed interval",
        "quota_wait",
    ),
    Recorded(
        "PutResourcePolicy",
        "PolicyNotFoundException",
        "Resource-based policy revision ID did not match for the provided ResourceArn: arn:aws:dynamodb:…",
        "precondition",
    ),
    Recorded(
        "PutResourcePolicy",
        RIU,
        USE + "Table is pending previous resource-based policy update: orders",
        "wait_and_reissue",
    ),
    Recorded(
        "EnableKinesisStreamingDestination",
        "ValidationException",
        "Table is not in a valid state to enable Kinesis Streaming Destination: TableStatus must be ACTIVE",
        "wait_and_reissue",
    ),
    Recorded(
        "UpdateContributorInsights",
        "ValidationException",
        "Table or Index is not in a valid state to update Key Access Insights: IndexStatus must be ACTIVE",
        "wait_and_reissue",
    ),
    Recorded(
        "UpdateTable",
        "LimitExceededException",
        RATION + "Encryption mode changes are limited in the 24h window ending at Thursday",
        "quota_wait",
    ),
    Recorded(
        "UpdateTable",
        "LimitExceededException",
        RATION + "Updates to TableClass are limited to 2 times in 30 day(s).",
        "quota_wait",
    ),
    Recorded(
        "UpdateTable",
        "ValidationException",
        "One or more parameter values were invalid: Requested ReadUnitsPerSecond for WarmThroughput for index gsi1 is lower "
        "than current WarmThroughput, decreasing WarmThroughput is not supported",
        "verify",
    ),
    Recorded("UpdateTimeToLive", "ValidationException", "TimeToLive is already enabled", "verify"),
    Recorded("UpdateTimeToLive", "ValidationException", "TimeToLive is already disabled", "verify"),
    Recorded(
        "UpdateTimeToLive",
        "ValidationException",
        "TimeToLive is active on a different AttributeName: current AttributeName is expires",
        "fatal",
    ),
    Recorded(
        "UpdateTable",
        "ValidationException",
        "The provisioned throughput for the table will not change. The requested value equals the current value.",
        "verify",
    ),
    Recorded(
        "UpdateTable",
        "ValidationException",
        "The provisioned throughput for the index by_day will not change.",
        "verify",
    ),
    Recorded(
        "UpdateTable",
        "ValidationException",
        "Table already has an enabled stream: TableName: orders",
        "verify",
    ),
    Recorded(
        "UpdateTable",
        "ValidationException",
        "Attempting to create an index which already exists",
        "verify",
        CREATING,
    ),
    Recorded(
        "UpdateTable",
        "ValidationException",
        "One or more parameter values were invalid: ProvisionedThroughput must be specified for index: a,b",
        "precondition",
    ),
    Recorded(
        "Query",
        "ValidationException",
        "Cannot read from backfilling global secondary index: by_day",
        "wait_and_reissue",
        READING,
    ),
    Recorded(
        "Query",
        "ValidationException",
        "The table does not have the specified index: by_day",
        "lag",
        Situation(made=frozenset({("indexes", "by_day")})),
    ),
    Recorded("Query", "ValidationException", "The table does not have the specified index: by_day", "fatal", READING),
    Recorded(
        "DeleteTable",
        "ValidationException",
        "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.",
        "fatal",
        DELETING,
    ),
    Recorded(
        "UpdateTable",
        "ValidationException",
        "Create/Update/Delete of replica is not allowed while the replica is being added to table with name: orders in region",
        "wait_and_reissue",
    ),
    Recorded(
        "UpdateTable",
        "ValidationException",
        "Failed to create a the new replica of table with name: 'orders' because one or more replicas already existed as "
        "tables.",
        "verify",
        CREATING,
    ),
    Recorded("UpdateTable", "ValidationException", NO_REPLICA, "verify", DELETING),
    Recorded("UpdateTable", "ValidationException", NO_REPLICA, "lag", YOUNG),
    Recorded("UpdateTable", "ValidationException", NO_REPLICA, "precondition"),
    Recorded(
        "UpdateTable",
        "ValidationException",
        "Update global table operation failed because one or more replicas were not part of the global table. Please retry "
        "the request without these replicas: [eu-west-1].",
        "precondition",
    ),
    Recorded(
        "UpdateTable",
        "ValidationException",
        "One or more parameter values were invalid: KMSMasterKeyId must be specified for each replica.",
        "fatal",
    ),
    Recorded(
        "UpdateTable",
        "ValidationException",
        "Table write capacity should either be Pay-Per-Request or AutoScaled.",
        "fatal",
        CREATING,
    ),
    Recorded(
        "UpdateTable",
        "ValidationException",
        "Cannot create a replica of table 'orders' in region 'us-west-2' because its exceeds your current account limit in "
        "region 'us-west-2'",
        "fatal",
        CREATING,
    ),
    Recorded(
        "UpdateTable",
        "ValidationException",
        "One or more parameter values were invalid: Disabling Stream is not allowed for a Global Table replica.",
        "fatal",
    ),
    Recorded(
        "UpdateTable",
        "ValidationException",
        "Cannot delete table orders in region us-east-1 because it has deletion protection enabled. Disable deletion "
        "protection first.",
        "fatal",
        DELETING,
    ),
    Recorded(
        "DeleteTable",
        "ValidationException",
        "Replica cannot be deleted because it has acted as a source region for new replica(s) being added to the table "
        "in the last 24 hours.",
        "quota_wait",
        DELETING,
    ),
    Recorded(
        "UpdateTable",
        "ValidationException",
        "TableClass modification must be the only operation in the request",
        "fatal",
    ),
    Recorded("DeleteTable", "ResourceNotFoundException", "Requested resource not found", "verify", DELETING),
    Recorded(
        "UpdateTable", "ResourceNotFoundException", "Requested resource not found: Table: x not found", "precondition"
    ),
    Recorded("DescribeTable", "ResourceNotFoundException", "Requested resource not found", "fatal", READING),
    Recorded("UpdateTable", "ResourceNotFoundException", "Requested resource not found", "lag", YOUNG),
    Recorded("UpdateContinuousBackups", "TableNotFoundException", "Table not found: orders", "lag", YOUNG),
    Recorded("DescribeBackup", "BackupNotFoundException", "Backup not found", "fatal", READING),
    Recorded("UpdateTable", "ThrottlingException", "Rate of requests exceeds the allowed throughput.", "backoff"),
    Recorded("Query", "RequestLimitExceeded", "Throughput exceeds the current throughput limit", "backoff", READING),
    Recorded("Query", "ProvisionedThroughputExceededException", "The level of configured…", "backoff", READING),
    Recorded("UpdateTable", "InternalServerError", "Internal server error", "verify", status=500),
    Recorded("UpdateTable", "ServiceUnavailable", "", "verify", status=503),
    Recorded("UpdateTable", "AccessDeniedException", "User: x is not authorized to perform: y", "denied"),
    Recorded("UpdateTable", "Forbidden", "User: x is not authorized to perform: y", "denied", status=403),
    Recorded("UpdateTable", "UnrecognizedClientException", "The security token is invalid", "credentials"),
    Recorded("UpdateTable", "ExpiredTokenException", "The security token is expired", "credentials"),
    Recorded("UpdateTable", "RequestExpired", "Request has expired.", "credentials"),
    Recorded("UpdateTable", "RequestTimeTooSkewed", "The difference between the times is too large.", "credentials"),
    Recorded("UpdateTable", "InvalidSignatureException", "Signature expired: 20260101T000000Z is now…", "credentials"),
    Recorded(
        "UpdateTable", "SignatureDoesNotMatch", "Signature not yet current: 20260101T…", "credentials", status=403
    ),
    Recorded("UpdateTable", "IncompleteSignature", "", "credentials"),
    Recorded("UpdateTable", "MissingAuthenticationToken", "Request is missing a token", "credentials"),
    Recorded("UpdateTable", "NoCredentials", "Unable to locate credentials", "credentials", status=None, sent=False),
    Recorded("UpdateTable", "NoCredentials", "The SSO session has expired.", "credentials", status=None, sent=False),
    Recorded("UpdateTable", "ParamValidation", "Unknown parameter", "fatal", status=None, sent=False),
    Recorded("UpdateTable", "TooLate", "It was not ready in time", "reconnect", status=None, sent=False),
    Recorded("UpdateTable", "EndpointUnreachable", "Could not connect", "reconnect", status=None, sent=False),
    Recorded("UpdateTable", "NoAnswer", "ReadTimeoutError", "verify", status=None),
    Recorded("UpdateTable", "SomethingNew", "no idea", "fatal"),
    Recorded("UpdateTable", "SomethingNew", "no idea", "verify", status=502),
    Recorded("UpdateTable", "SomethingNew", "no idea", "backoff", status=429),
]
