"""`replace: recreate`: another table in place of one whose key or local indexes AWS does not change (fact sheet 4.3).

The old one is backed up and deleted; the new one is made under its name, empty, as the plan says and for the rest as the old
one was. Indexes that the plan does not name are not made again.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from orchestrator.kinds import parts
from orchestrator.kinds.contract import Context, Diff
from orchestrator.kinds.table import billing, creation, indexes, keys, shapes
from orchestrator.kinds.table.deletion import Going
from orchestrator.kinds.table.live import IndexLive, LocalIndexLive, Projection, TableLive
from orchestrator.kinds.table.spec import INDEXES, IndexSpec, LocalIndexSpec, TableSpec
from orchestrator.kinds.table.spec import Projection as StatedProjection
from orchestrator.kinds.table.subjects import Table
from orchestrator.model import Finding


def due(table: Table) -> bool:
    """Whether the plan states what only another table can be, and says that there may be one."""
    return table.declared.replace == "recreate" and keys.differ(table.declared, table.seen)


def diff(table: Table, context: Context) -> Diff:
    """What changes before the old table goes, the replacement, and what making the new one can't give."""
    spec, live, ref = table.declared, table.seen, table.ref
    named = frozenset(spec.replicas or {})
    going = Going(ref, live, spec.deletion_protection is False, named=named, replaced=True)
    made = creation.diff(renewed(table), context)
    return replace(
        made,
        changes=(*going.before, *made.changes),
        findings=(*going.findings(context), *made.findings, *_hazards(spec, live, table, context)),
    )


def renewed(table: Table) -> Table:
    """The table that is yet to be made in this one's place: of its key, with its local indexes, and billed like it, unless the
    plan says otherwise; the indexes that the plan names are what they were, as far as it does not say what they are.
    """
    spec, live = table.declared, table.seen
    spec = spec if spec.partition_key else spec.model_copy(update=shapes.of_keys(live.keys))
    if spec.local_indexes is None and live.local_indexes:
        local = {name: _stated(index) for name, index in live.local_indexes.items()}
        spec = spec.model_copy(update={"local_indexes": local})
    if spec.indexes:
        spec = spec.model_copy(update={"indexes": {**spec.indexes, **_completed(spec, live)}})
    spec = spec if spec.billing else billing.like(spec, live)
    return replace(table, declared=spec, live=None, old=live)


def _completed(spec: TableSpec, live: TableLive) -> dict[str, IndexSpec]:
    """The stated indexes that are there, each with the key and projection that it has where the plan leaves them out."""
    there = indexes.present(live)
    stated = {name: index for name, index in parts.present(spec.indexes).items() if name in there}
    return {name: index.model_copy(update=_unsaid(index, there[name])) for name, index in stated.items()}


def _unsaid(index: IndexSpec, live: IndexLive) -> dict[str, Any]:
    key = {} if index.partition_key else shapes.of_keys(live.keys)
    return {**key, **({} if index.projection else {shapes.PROJECTION: _projection(live.projection)})}


def _stated(index: LocalIndexLive) -> LocalIndexSpec:
    """A live local index as a plan would state it: the partition key is the table's, whatever that is."""
    return LocalIndexSpec.model_validate(
        {"sort_key": dict(index.keys.sort), "projection": _projection(index.projection)}
    )


def _projection(live: Projection) -> StatedProjection:
    projection: dict[str, Any] = {"kind": live.kind, "include": tuple(sorted(live.include))}
    return StatedProjection.model_construct(**projection)


def _hazards(spec: TableSpec, live: TableLive, table: Table, context: Context) -> Iterator[Finding]:
    items = f"its {live.item_count:,} items (counted up to six hours ago)" if live.item_count else "its items"
    yield context.finding(
        "warning",
        "table-replaced",
        table.ref,
        "replace",
        f"{table.ref} is deleted and made anew: {items} are gone from it, and whoever uses it fails meanwhile.",
        "Copy the items back from the backup, or declare a table of another name, copy, and switch over. State every setting "
        "that shall stay: should the run be killed after the deletion, the next one knows only the plan.",
    )
    lost = sorted(indexes.present(live).keys() - (spec.indexes or {}).keys())
    if lost:
        message = f"{table.ref} is made anew without {', '.join(lost)}, which the plan does not name."
        yield context.finding("warning", "indexes-lost", table.ref, INDEXES, message, "Name what shall stay.")
    if live.local_indexes and spec.local_indexes is None and not renewed(table).declared.sort_key:
        message = (
            f"The new table has no sort key, so that it can't have {', '.join(live.local_indexes)} as the old one has."
        )
        action = "State `local_indexes: {}` to do without, or a `sort_key`."
        yield context.finding("error", "local-index", table.ref, keys.LOCAL, message, action)
