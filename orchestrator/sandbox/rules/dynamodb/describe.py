"""A table as DescribeTable tells it (fact sheet 2.5, section 3, 14.2): absent is not the same as empty."""

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.sandbox.rules.dynamodb import budgets
from orchestrator.sandbox.rules.dynamodb.state import (
    Capacity,
    Changes,
    Index,
    Keys,
    LocalIndex,
    OnDemandLimits,
    Projection,
    Table,
    WarmThroughput,
)

DEFAULT_WARM = Capacity(12000, 4000)


def table_description(table: Table, now: float, replicas: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """The TableDescription; timestamps in epoch seconds. A DELETING table tells next to nothing (section 5).

    `replicas` are the descriptions of a global table's other copies.
    """
    common: dict[str, Any] = {
        "TableName": table.name,
        "TableArn": table.arn,
        "TableId": table.id,
        "TableStatus": table.status,
        "TableSizeBytes": 0,
        "ItemCount": 0,
        "ProvisionedThroughput": _throughput(table.capacity, table.changes, now),
        "DeletionProtectionEnabled": table.protected,
    }
    if table.status == "DELETING":
        return common | _billing(table) | _group(table, replicas)
    return (
        common
        | {
            "AttributeDefinitions": [
                {"AttributeName": name, "AttributeType": table.types[name]} for name in sorted(table.types)
            ],
            "KeySchema": _key_schema(table.keys),
            "CreationDateTime": table.created,
            "WarmThroughput": _warm(table.warm, table.capacity, on_demand=table.on_demand),
        }
        | _billing(table)
        | _ceilings(table.limits)
        | _indexes(table, now)
        | _stream(table)
        | _encryption(table)
        | _class(table)
        | _group(table, replicas)
    )


def _key_schema(keys: Keys) -> list[dict[str, str]]:
    return [{"AttributeName": attribute, "KeyType": role} for attribute, role in keys]


def _throughput(capacity: Capacity, changes: Changes, now: float) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "NumberOfDecreasesToday": len(budgets.decreases_today(changes.decreases, now)),
        "ReadCapacityUnits": capacity.read,
        "WriteCapacityUnits": capacity.write,
    }
    if changes.increased is not None:
        shown["LastIncreaseDateTime"] = changes.increased
    if changes.decreases:
        shown["LastDecreaseDateTime"] = changes.decreases[-1]
    return shown


def _billing(table: Table) -> dict[str, Any]:
    """No BillingModeSummary on a table that has always been provisioned (fact sheet 2.5)."""
    if table.on_demand_since is None:
        return {}
    mode = "PAY_PER_REQUEST" if table.on_demand else "PROVISIONED"
    return {
        "BillingModeSummary": {"BillingMode": mode, "LastUpdateToPayPerRequestDateTime": table.on_demand_since},
    }


def _ceilings(limits: OnDemandLimits) -> dict[str, Any]:
    stated = {"MaxReadRequestUnits": limits.read, "MaxWriteRequestUnits": limits.write}
    shown = {name: value for name, value in stated.items() if value is not None}
    return {"OnDemandThroughput": shown} if shown else {}


def warm_units(warm: WarmThroughput, capacity: Capacity, *, on_demand: bool) -> Capacity:
    """What a table or index can take at once: what was asked for, the default on demand, or what is provisioned."""
    floor = DEFAULT_WARM if on_demand else capacity
    return Capacity(max(warm.read, floor.read), max(warm.write, floor.write))


def _warm(warm: WarmThroughput, capacity: Capacity, *, on_demand: bool) -> dict[str, Any]:
    units = warm_units(warm, capacity, on_demand=on_demand)
    return {
        "ReadUnitsPerSecond": units.read,
        "WriteUnitsPerSecond": units.write,
        "Status": "UPDATING" if warm.updating else "ACTIVE",
    }


def _projection(projection: Projection) -> dict[str, Any]:
    shown: dict[str, Any] = {"ProjectionType": projection.kind}
    return shown | ({"NonKeyAttributes": list(projection.attributes)} if projection.attributes else {})


def _index_common(table: Table, index: Index | LocalIndex) -> dict[str, Any]:
    return {
        "IndexName": index.name,
        "KeySchema": _key_schema(index.keys),
        "Projection": _projection(index.projection),
        "IndexSizeBytes": 0,
        "ItemCount": 0,
        "IndexArn": f"{table.arn}/index/{index.name}",
    }


def _index(table: Table, index: Index, now: float) -> dict[str, Any]:
    shown: dict[str, Any] = _index_common(table, index) | {
        "IndexStatus": index.status,
        "ProvisionedThroughput": _throughput(index.capacity, index.changes, now),
        "WarmThroughput": _warm(index.warm, index.capacity, on_demand=table.on_demand),
    }
    # Only an index added to a live table has it, and only until it is ACTIVE (fact sheet 1.3).
    if index.backfilling is not None:
        shown["Backfilling"] = index.backfilling
    return shown | _ceilings(index.limits)


def _indexes(table: Table, now: float) -> dict[str, Any]:
    lists = {
        "GlobalSecondaryIndexes": [_index(table, index, now) for index in table.indexes],
        "LocalSecondaryIndexes": [_index_common(table, index) for index in table.local_indexes],
    }
    return {name: shown for name, shown in lists.items() if shown}


def _stream(table: Table) -> dict[str, Any]:
    """The label and ARN of the last stream remain when it is off (fact sheet, section 3)."""
    shown: dict[str, Any] = {}
    if table.stream:
        shown["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": table.stream}
    if table.stream_label:
        shown["LatestStreamLabel"] = table.stream_label
        shown["LatestStreamArn"] = f"{table.arn}/stream/{table.stream_label}"
    return shown


def _encryption(table: Table) -> dict[str, Any]:
    """Left out for the AWS-owned key (fact sheet, section 3)."""
    encryption = table.encryption
    if encryption.arn is None:
        return {}
    status = "UPDATING" if encryption.updating else "ENABLED"
    return {"SSEDescription": {"Status": status, "SSEType": "KMS", "KMSMasterKeyArn": encryption.arn}}


def _group(table: Table, replicas: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A table is a global one from the accepted call on, when no replica is listed yet (ack-api-quirks, DDB-TABLE-226)."""
    return {"GlobalTableVersion": "2019.11.21", "Replicas": list(replicas)} if table.is_global else {}


def _class(table: Table) -> dict[str, Any]:
    """Left out where it was never stated; absent means STANDARD (fact sheet 14.2)."""
    if table.table_class is None:
        return {}
    summary: dict[str, Any] = {"TableClass": table.table_class}
    if table.class_changes:
        summary["LastUpdateDateTime"] = table.class_changes[-1]
    return {"TableClassSummary": summary}
