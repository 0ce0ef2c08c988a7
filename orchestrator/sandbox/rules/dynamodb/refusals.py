"""DynamoDB's error replies, each written once (fact sheet 1.5, 1.6, 2.x)."""

from orchestrator.sandbox.rules.refusal import Refusal

STILL_IN_USE = "Attempt to change a resource which is still in use: "
ONE_ONLINE_INDEX = "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"
_MOVING = {"CREATING": "created", "UPDATING": "updated", "DELETING": "deleted"}


def invalid(message: str, *, in_transition: bool = False) -> Refusal:
    return Refusal("ValidationException", message, in_transition=in_transition)


def invalid_values(message: str) -> Refusal:
    return invalid(f"One or more parameter values were invalid: {message}")


def table_missing(name: str) -> Refusal:
    """As the control plane says it."""
    return Refusal("ResourceNotFoundException", f"Requested resource not found: Table: {name} not found")


def data_missing(*, in_transition: bool) -> Refusal:
    """As the data plane says it, also while the table is CREATING (fact sheet 6.1)."""
    return Refusal("ResourceNotFoundException", "Requested resource not found", in_transition=in_transition)


def backup_table_missing(name: str) -> Refusal:
    """As the backup operations say it, by another code (fact sheet 1.5)."""
    return Refusal("TableNotFoundException", f"Table not found: {name}")


def resource_missing(arn: str) -> Refusal:
    """As the tagging operations say it."""
    return Refusal("ResourceNotFoundException", f"Requested resource not found: ResourceArn: {arn} not found")


def already_exists(name: str, *, in_transition: bool) -> Refusal:
    return Refusal("ResourceInUseException", f"Table already exists: {name}", in_transition=in_transition)


def in_use(what: str, *, in_transition: bool = True) -> Refusal:
    return Refusal("ResourceInUseException", f"{STILL_IN_USE}{what}", in_transition=in_transition)


def policy_pending(what: str) -> Refusal:
    """A resource policy is still being changed. No read shows it, so it doesn't count as something that could be known."""
    return in_use(what, in_transition=False)


def table_moving(name: str, status: str, *, iops: bool = False) -> Refusal:
    """The table is CREATING, UPDATING (`iops`: its capacity) or DELETING."""
    if iops:
        return in_use(f"Table IOPS are currently being updated. Table: {name}")
    return in_use(f"Table is being {_MOVING[status]}: {name}")


def index_moving(table: str, index: str, status: str) -> Refusal:
    """One index is on its way although the table is ACTIVE; the two spaces are AWS's."""
    return in_use(f"Index is being {_MOVING[status]}.  Table: {table} Index: {index}")


def index_allocating(table: str, index: str) -> Refusal:
    """The answer to a deletion in phase 1 of a creation."""
    return in_use(
        "Index creation is in resource allocation phase. Retry deletion during backfilling phase or when the index is "
        f"active. Table: {table} Index: {index}"
    )


def group_in_use() -> Refusal:
    """Another Region's copy of a global table is on its way (ack-api-quirks, DDB-TABLE-227)."""
    return Refusal(
        "ResourceInUseException", "The resource which you are attempting to change is in use.", in_transition=True
    )


def key_for_each_replica() -> Refusal:
    """Also where nothing about keys would change (fact sheet 8.3)."""
    return invalid_values("KMSMasterKeyId must be specified for each replica.")


def replica_unknown() -> Refusal:
    """Really absent, or not listed yet (fact sheet 1.6, 8.3)."""
    return invalid("Replica specified in the Replica Update or Replica Delete action of the request was not found.")


def replica_exists(name: str) -> Refusal:
    """A table of that name stands in the Region, a replica or not, also while it goes (ack-api-quirks, DDB-TABLE-225)."""
    return invalid(
        f"Failed to create a the new replica of table with name: '{name}' because one or more replicas already existed "
        "as tables."
    )


def source_of_replicas() -> Refusal:
    return invalid(
        "Replica cannot be deleted because it has acted as a source region for new replica(s) being added to the table "
        "in the last 24 hours."
    )


def replica_protected(name: str, region: str) -> Refusal:
    """Protection belongs to each Region's copy alone (ack-api-quirks, DDB-TABLE-297)."""
    return invalid(
        f"Cannot delete table {name} in region {region} because it has deletion protection enabled. "
        "Disable deletion protection first."
    )


def limit(message: str, *, in_transition: bool = False) -> Refusal:
    return Refusal("LimitExceededException", message, in_transition=in_transition)


def too_many_moving(allowed: int) -> Refusal:
    return limit(f"Subscriber limit exceeded: Only {allowed} tables can be created, updated, or deleted simultaneously")


def too_many_indexed(allowed: int) -> Refusal:
    return limit(f"Subscriber limit exceeded: Only {allowed} indexed tables that can be created simultaneously")


def backups_not_ready(name: str, code: str = "ContinuousBackupsUnavailableException") -> Refusal:
    """No read shows this state, so it doesn't count as one that the caller could have known."""
    return Refusal(code, f"Backups are being enabled for the table: {name}. Please retry later")


def not_modelled(what: str) -> Refusal:
    """Honest rather than lenient: what the rules don't know is never accepted silently."""
    return Refusal("NotModelledBySandbox", f"The sandbox does not model {what}.", 501)


def index_missing(table: str, index: str) -> Refusal:
    """As UpdateTable says it of an index to delete (fact sheet 2.3)."""
    return Refusal("ResourceNotFoundException", f"Requested resource not found: Index {index} for table {table}")
