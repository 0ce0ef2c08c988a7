"""What AWS fixes when a table is made: its key and its local indexes."""

from collections.abc import Iterator, Mapping

from orchestrator.kinds.contract import Context
from orchestrator.kinds.table import shapes
from orchestrator.kinds.table.live import LocalIndexLive, TableLive
from orchestrator.kinds.table.shapes import DEFAULT_PROJECTION, PARTITION, Shape
from orchestrator.kinds.table.spec import TableSpec
from orchestrator.model import Finding, Ref

LOCAL = "local_indexes"


def missing(ref: Ref, context: Context) -> Finding:
    """A table or index that is to be created without saying its key."""
    message = f"{ref} does not exist, and without `partition_key` it can't be created."
    action = "State its `partition_key`, or correct its name."
    return context.finding("error", "missing-to-create", ref, PARTITION, message, action)


def differ(spec: TableSpec, table: TableLive) -> bool:
    """Whether the plan states another key or another local index than the live table has (fact sheet 4.3)."""
    return _other_key(spec, table) or any(True for _ in _other_local_indexes(spec, table))


def _other_key(spec: TableSpec, table: TableLive) -> bool:
    return not shapes.same(shapes.of_keys(table.keys), shapes.stated_keys(spec))


def _other_local_indexes(spec: TableSpec, table: TableLive) -> Iterator[tuple[str, LocalIndexLive | None]]:
    """The stated local indexes that are not live like this, with what is live under their names."""
    live = shapes.of_keys(table.keys)
    for name, index in (spec.local_indexes or {}).items():
        there = table.local_indexes.get(name)
        if there is None or not shapes.same(shapes.of_index(there), shapes.stated_local_index(index, live), table.keys):
            yield name, there


def changed(spec: TableSpec, table: TableLive, ref: Ref, context: Context) -> list[Finding]:
    """What is said of a key or local index that differs from the live table's, where the plan does not say to recreate it."""
    findings = []
    live = shapes.of_keys(table.keys)
    if _other_key(spec, table):
        findings.append(
            context.finding(
                "error",
                "key-immutable",
                ref,
                PARTITION,
                f"The key of {ref} differs from the live table's ({_title(live)}), and AWS does not change it.",
                "Declare a new table, copy the items and switch over; or state `replace: recreate`, with which this one is "
                "backed up, deleted and made anew, empty.",
            )
        )
    for name, there in _other_local_indexes(spec, table):
        what = "does not exist" if there is None else "differs from the live one"
        findings.append(
            context.finding(
                "error",
                "local-index-immutable",
                ref,
                f"{LOCAL}.{name}",
                f"Local index {name} of {ref} {what}; local indexes are made with their table and stay as they are.",
                "Make a global index instead (`indexes`); or declare a new table and copy the items; or state `replace: "
                "recreate`, with which this one is backed up, deleted and made anew, empty.",
            )
        )
    return findings


def same(table: TableLive, shape: Shape) -> bool:
    """Whether the live table has the key and the local indexes of a new table's shape."""
    local = {name: shapes.of_index(index) for name, index in table.local_indexes.items()}
    stated = shape.get(LOCAL, {})
    return shapes.same(shapes.of_keys(table.keys), shape) and all(
        name in local and shapes.same(local[name], index, table.keys) for name, index in stated.items()
    )


def new_local_indexes(spec: TableSpec, keys: Shape) -> Mapping[str, Shape]:
    """The local indexes of a new table of this key, with their default projection."""
    indexes = (spec.local_indexes or {}).items()
    return {name: {**DEFAULT_PROJECTION, **shapes.stated_local_index(index, keys)} for name, index in indexes}


def _title(shape: Shape) -> str:
    return ", ".join(f"{name}: {kind}" for name, kind in shapes.attributes(shape).items())
