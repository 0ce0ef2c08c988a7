"""`replace: recreate`: another table in place of one whose key or local indexes AWS does not change (fact sheet 4.3).

The old one is backed up and deleted; the new one is made under its name, empty, as the plan says and for the rest as the old
one was. Indexes that the plan does not name are not made again.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from orchestrator.kinds import settings
from orchestrator.kinds.contract import Context, Diff
from orchestrator.kinds.table import billing, conflicts, indexes, keys, shapes, warmth
from orchestrator.kinds.table.deletion import Going
from orchestrator.kinds.table.live import TableLive
from orchestrator.kinds.table.settings import PROTECTION, ROWS
from orchestrator.kinds.table.spec import INDEXES, TableSpec
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
    going, new = Going(ref, live, spec.deletion_protection is False, named=named), renewed(table)
    parts = indexes.diff(new, context)
    of_indexes = indexes.settings_diff(new, parts.changes, context)
    carried = dict(_carried(spec, live))
    shape = {
        **_keys(new.declared, live),
        "billing": billing.after(new.declared, None),
        **{row.name: carried[row.name] for row in ROWS if row.create and row.name in carried},
        **settings.createable(ROWS, spec, context),
    }
    shape = dict(warmth.initial(shape, shape["billing"]))
    replaced = Change(ref, "", going.change.before, shape, "replace")
    later = [
        Change(ref, row.name, *row.part(row.fresh, carried[row.name]), "update")
        for row in ROWS
        if row.create is None and row.name in carried
    ]
    return Diff(
        changes=(
            *going.before,
            replaced,
            *parts.changes,
            *later,
            *settings.afterwards(ROWS, new, context),
            *of_indexes.changes,
        ),
        findings=(
            *going.findings(context),
            *parts.findings,
            *conflicts.findings(new.declared, None, parts.changes, ref, context),
            *_hazards(spec, live, table, context),
        ),
        changing=frozenset({"stream_arn"}),
    )


def renewed(table: Table) -> Table:
    """The table that is yet to be made in this one's place: of its key and billed like it, unless the plan says otherwise."""
    spec, live = table.declared, table.seen
    keyed = spec if spec.partition_key else spec.model_copy(update=shapes.of_keys(live.keys))
    return replace(table, declared=keyed if spec.billing else billing.like(keyed, live), live=None)


def _keys(spec: TableSpec, live: TableLive) -> dict[str, Any]:
    """The key, and the stated local indexes, else the old ones."""
    key = shapes.stated_keys(spec)
    local = keys.new_local_indexes(spec, key)
    if spec.local_indexes is None:
        local = {name: shapes.of_index(index) for name, index in live.local_indexes.items()}
    return {**key, **({keys.LOCAL: local} if local else {})}


def _carried(spec: TableSpec, live: TableLive) -> Iterator[tuple[str, Any]]:
    """The settings that the plan does not state and that a new table would not have by itself."""
    for row in ROWS:
        kept = (row.kept or row.live)(live)
        if row.wanted(spec) is None and row is not PROTECTION and kept not in (None, UNREAD, row.fresh):
            yield row.name, kept


def _hazards(spec: TableSpec, live: TableLive, table: Table, context: Context) -> Iterator[Finding]:
    items = f"its {live.item_count:,} items (counted up to six hours ago)" if live.item_count else "its items"
    yield context.finding(
        "warning",
        "table-replaced",
        table.ref,
        "replace",
        f"{table.ref} is deleted and made anew: {items} are gone from it, and whoever uses it fails meanwhile.",
        "Copy the items back from the backup, or declare a table of another name, copy, and switch over.",
    )
    lost = sorted(indexes.present(live).keys() - (spec.indexes or {}).keys())
    if lost:
        message = f"{table.ref} is made anew without {', '.join(lost)}, which the plan does not name."
        yield context.finding("warning", "indexes-lost", table.ref, INDEXES, message, "Name what shall stay.")
