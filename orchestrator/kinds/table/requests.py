"""The requests about tables and indexes, built from shapes."""

from collections.abc import Iterable, Mapping
from typing import Any

from orchestrator.kinds import settings
from orchestrator.kinds.table import indexes
from orchestrator.kinds.table.shapes import PARTITION, PROJECTION, SORT, Shape, attributes
from orchestrator.model import Call

PROBE_VALUES: Mapping[str, Any] = {"S": "orchestrator-probe", "N": "0", "B": b"orchestrator-probe"}


def key_schema(shape: Shape) -> list[Mapping[str, str]]:
    """HASH elements before RANGE (fact sheet 4.2)."""
    roles = ((PARTITION, "HASH"), (SORT, "RANGE"))
    return [{"AttributeName": name, "KeyType": kind} for role, kind in roles for name in shape.get(role, {})]


def attribute_definitions(shapes: Iterable[Shape]) -> list[Mapping[str, str]]:
    """Exactly the attributes that these keys use, in the order of first use (fact sheet 2.4)."""
    types = {name: kind for shape in shapes for name, kind in attributes(shape).items()}
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]


def index_definition(name: str, shape: Shape) -> Mapping[str, Any]:
    """An index as CreateTable and UpdateTable take it, with the settings that the shape of a global one holds."""
    projection = shape[PROJECTION]
    include = {"NonKeyAttributes": projection} if isinstance(projection, list) else {}
    return {
        "IndexName": name,
        "KeySchema": key_schema(shape),
        "Projection": {"ProjectionType": "INCLUDE" if include else projection.upper(), **include},
        **settings.created(indexes.ROWS, shape),
    }


def probe(table: str, index: str, shape: Shape) -> Call:
    """A query that any ACTIVE index answers (requirement A9): a key that hardly exists, at most one item."""
    names = {f"#k{place}": name for place, name in enumerate(shape[PARTITION])}
    values = {f":v{place}": {kind: PROBE_VALUES[kind]} for place, kind in enumerate(shape[PARTITION].values())}
    return Call(
        "dynamodb",
        "Query",
        {
            "TableName": table,
            "IndexName": index,
            "KeyConditionExpression": " AND ".join(f"#k{place} = :v{place}" for place in range(len(names))),
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
            "Limit": 1,
        },
    )
