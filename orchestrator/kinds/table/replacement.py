"""`replace: recreate`: another table in place of one whose key or local indexes AWS does not change (fact sheet 4.3).

The old one is backed up and deleted; the new one is made under its name, empty, as the plan says and for the rest as the old
one was. Indexes that the plan does not name are not made again.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from orchestrator.kinds.contract import Context, Diff, Setting
from orchestrator.kinds.table import billing, conflicts, indexes, keys, shapes, warmth
from orchestrator.kinds.table.deletion import Going
from orchestrator.kinds.table.live import IndexLive, LocalIndexLive, TableLive
from orchestrator.kinds.table.settings import ROWS
from orchestrator.kinds.table.spec import INDEXES, IndexBilling, IndexSpec, LocalIndexSpec, TableSpec
from orchestrator.kinds.table.spec import Capacity as Units
from orchestrator.kinds.table.spec import Projection as StatedProjection
from orchestrator.kinds.table.subjects import Table
from orchestrator.model import UNREAD, Change, Finding


def due(table: Table) -> bool:
    """Whether the plan states what only another table can be, and says that there may be one."""
    return table.declared.replace == "recreate" and keys.differ(table.declared, table.seen)


def diff(table: Table, context: Context) -> Diff:
    """What changes before the old table goes, the replacement, and what making the new one can't give.

    The ARN stays: it is made of the name.
    """
    spec, live, ref = table.declared, table.seen, table.ref
    named = frozenset(spec.replicas or {})
    going, new = Going(ref, live, spec.deletion_protection is False, named=named, replaced=True), renewed(table)
    parts = indexes.diff(new, context)
    of_indexes = indexes.settings_diff(new, parts.changes, context)
    values = dict(_values(new.declared, live, context))
    given = {row.name: values[row.name] for row in ROWS.values() if row.create and row.name in values}
    shape = {**_keys(new.declared), "billing": billing.after(new.declared, None), **given}
    shape = dict(warmth.initial(shape, shape["billing"]))
    replaced = Change(ref, "", going.change.before, shape, "replace")
    later = [
        Change(ref, row.name, *row.part(row.fresh, values[row.name]), "update")
        for row in ROWS.values()
        if row.create is None and row.name in values
    ]
    return Diff(
        changes=(*going.before, replaced, *parts.changes, *later, *of_indexes.changes),
        findings=(
            *going.findings(context),
            *parts.findings,
            *conflicts.findings(new.declared, None, parts.changes, ref, context),
            *_hazards(spec, live, table, context),
        ),
        changing=frozenset({"stream_arn"}),
    )


def renewed(table: Table) -> Table:
    """The table that is yet to be made in this one's place: of its key, with its local indexes, and billed like it and as its
    indexes were, unless the plan says otherwise.
    """
    spec, live = table.declared, table.seen
    spec = spec if spec.partition_key else spec.model_copy(update=shapes.of_keys(live.keys))
    if spec.local_indexes is None and live.local_indexes:
        local = {name: _stated(index) for name, index in live.local_indexes.items()}
        spec = spec.model_copy(update={"local_indexes": local})
    spec = spec if spec.billing else billing.like(spec, live)
    if not live.on_demand and spec.indexes:
        there = indexes.present(live)
        billed = {name: _billed(one, there.get(name)) for name, one in spec.indexes.items()}
        spec = spec.model_copy(update={"indexes": billed})
    return replace(table, declared=spec, live=None)


def _stated(index: LocalIndexLive) -> LocalIndexSpec:
    """A live local index as a plan would state it: the partition key is the table's, whatever that is."""
    seen = index.projection
    projection: dict[str, Any] = {"kind": seen.kind, "include": tuple(sorted(seen.include))}
    return LocalIndexSpec.model_validate(
        {"sort_key": dict(index.keys.sort), "projection": StatedProjection.model_construct(**projection)}
    )


def _billed(stated: Any, live: IndexLive | None) -> Any:
    """A stated index with the units that it had, unless the plan states others."""
    if live is None or not isinstance(stated, IndexSpec) or stated.billing:
        return stated
    units = Units.model_construct(read=live.capacity.read, write=live.capacity.write)
    return stated.model_copy(update={"billing": IndexBilling.model_construct(provisioned=units)})


def _keys(spec: TableSpec) -> dict[str, Any]:
    key = shapes.stated_keys(spec)
    local = keys.new_local_indexes(spec, key)
    return {**key, **({keys.LOCAL: local} if local else {})}


def _values(spec: TableSpec, live: TableLive, context: Context) -> Iterator[tuple[str, Any]]:
    """Each setting that a new table would not have by itself: as the plan says, and for the rest as it was."""
    for row in ROWS.values():
        wanted, kept = context.fill(row.wanted(spec)), _kept(row, spec, live)
        value = kept if wanted is None else wanted
        if None not in (kept, wanted) and row.name not in spec.prune:
            value = row.completed(kept, wanted)
        said = wanted is not None and row.create is not None
        if said or not (value in (None, row.fresh) or (row.create is None and row.same(row.fresh, value))):
            yield row.name, value


def _kept(row: Setting[TableSpec, TableLive], spec: TableSpec, live: TableLive) -> Any:
    """What the old table had of a setting and the new one is given too; None: nothing."""
    kept = row.kept(spec, live) if row.kept else row.live(live)
    return None if kept is UNREAD else kept


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
