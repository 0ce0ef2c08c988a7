"""Our tables in moto's: the same keys and every index that can be read, so that items and queries find their place.

A mirror looks at what a table is whenever one of its items is asked for, and tells moto the difference since it last
looked. moto changes at once, so time needs no other watching: an index appears there when it is ACTIVE here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.sandbox.http.scope import Scope
from orchestrator.sandbox.http.upstream import Upstream
from orchestrator.sandbox.rules.dynamodb.state import Keys, LocalIndex, Table

API, STREAMS = "DynamoDB_20120810", "DynamoDBStreams_20120810"


@dataclass(frozen=True, slots=True)
class Shape:
    """What moto has to know of a table. `stream` is the view type; `stream_arn` is ours."""

    id: str
    keys: Keys
    types: Mapping[str, str]
    indexes: Mapping[str, LocalIndex]
    local_indexes: tuple[LocalIndex, ...]
    stream: str | None
    stream_arn: str | None


def shape_of(table: Table) -> Shape:
    """Indexes that are being created or deleted are left out: nobody may read them, and their keys bind no item yet."""
    return Shape(
        table.id,
        table.keys,
        table.types,
        {
            index.name: LocalIndex(index.name, index.keys, index.projection)
            for index in table.indexes
            if not index.creating and not index.deleting
        },
        table.local_indexes,
        table.stream,
        f"{table.arn}/stream/{table.stream_label}" if table.stream_label else None,
    )


@dataclass
class Mirror:
    """One account's tables of one region in moto. Raises NotEmulated where moto can't follow."""

    upstream: Upstream
    scope: Scope
    _made: dict[str, Shape] = field(default_factory=dict)
    _streams: dict[str, str] = field(default_factory=dict)
    """Stream ARNs: ours to moto's, which has a label of its own. moto keeps one stream a table: a later one of ours has the
    records of the earlier ones too, and its view."""

    def sync(self, name: str, wanted: Shape | None) -> None:
        """Bring moto's table `name` to `wanted`; None means that there is no such table (or none yet)."""
        made = self._made.get(name)
        if made is not None and (wanted is None or wanted.id != made.id):
            self._call("DeleteTable", TableName=name)
            del self._made[name]
            made = None
        if wanted is None or wanted == made:
            return
        if made is None:
            self._call("CreateTable", **_creation(name, wanted))
        else:
            self._update(name, made, wanted)
        if wanted.stream_arn and wanted.stream_arn not in self._streams:
            found = self._call("DescribeTable", TableName=name)["Table"].get("LatestStreamArn")
            self._streams |= {wanted.stream_arn: found} if found else {}
        self._made[name] = wanted

    @property
    def names(self) -> tuple[str, ...]:
        """The tables that moto has from us."""
        return tuple(self._made)

    def to_moto(self, text: bytes) -> bytes:
        """A request about streams with moto's ARNs in place of ours."""
        return _replaced(text, self._streams.items())

    def from_moto(self, text: bytes) -> bytes:
        """A reply about streams with our ARNs in place of moto's."""
        latest = {theirs: ours for ours, theirs in self._streams.items()}
        return _replaced(text, latest.items())

    def _update(self, name: str, made: Shape, wanted: Shape) -> None:
        before, after = made.indexes, wanted.indexes
        for gone in (index for index in before if before[index] != after.get(index)):
            self._call("UpdateTable", TableName=name, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": gone}}])
        for new in (index for index in after if before.get(index) != after[index]):
            self._call(
                "UpdateTable",
                TableName=name,
                AttributeDefinitions=_attributes(wanted),
                GlobalSecondaryIndexUpdates=[{"Create": _index(after[new])}],
            )
        # A stream that was switched off stays on in moto, where switching off breaks every later write of the table.
        if wanted.stream and not self._has_stream(made):
            self._call("UpdateTable", TableName=name, StreamSpecification=_stream(wanted.stream))

    def _has_stream(self, made: Shape) -> bool:
        return made.stream is not None or made.stream_arn in self._streams

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return self.upstream.call(self.scope, f"{API}.{operation}", parameters)


def _creation(name: str, shape: Shape) -> dict[str, Any]:
    """Billed on demand whatever ours is: moto counts no capacity."""
    given: dict[str, Any] = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": _schema(shape.keys),
        "AttributeDefinitions": _attributes(shape),
    }
    if shape.indexes:
        given["GlobalSecondaryIndexes"] = [_index(index) for index in shape.indexes.values()]
    if shape.local_indexes:
        given["LocalSecondaryIndexes"] = [_index(index) for index in shape.local_indexes]
    if shape.stream:
        given["StreamSpecification"] = _stream(shape.stream)
    return given


def _attributes(shape: Shape) -> list[dict[str, str]]:
    """Those that a key in moto uses: an attribute of an index still to come would be one too many."""
    schemas = [shape.keys, *(index.keys for index in (*shape.indexes.values(), *shape.local_indexes))]
    used = {attribute for keys in schemas for attribute, _ in keys}
    return [{"AttributeName": name, "AttributeType": shape.types[name]} for name in sorted(used)]


def _index(index: LocalIndex) -> dict[str, Any]:
    projection: dict[str, Any] = {"ProjectionType": index.projection.kind}
    if index.projection.attributes:
        projection["NonKeyAttributes"] = list(index.projection.attributes)
    return {"IndexName": index.name, "KeySchema": _schema(index.keys), "Projection": projection}


def _schema(keys: Keys) -> list[dict[str, str]]:
    return [{"AttributeName": attribute, "KeyType": role} for attribute, role in keys]


def _stream(view: str) -> dict[str, Any]:
    return {"StreamEnabled": True, "StreamViewType": view}


def _replaced(text: bytes, pairs: Iterable[tuple[str, str]]) -> bytes:
    for before, after in pairs:
        text = text.replace(before.encode(), after.encode())
    return text
