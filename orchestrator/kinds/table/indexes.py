"""Global secondary indexes: which are created, deleted or replaced, and which the plan does not name.

An index's key and projection can't be changed in place (fact sheet 4.3). One that is being deleted counts as gone: the
lane waits for it first.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from orchestrator.kinds import gates, parts, settings
from orchestrator.kinds.contract import Context, Diff, Subject
from orchestrator.kinds.parts import Parts
from orchestrator.kinds.settings import Due, Rows, by_name
from orchestrator.kinds.table import billing, insights, keys, scaling, shapes, warmth
from orchestrator.kinds.table.aspects import LEFTOVERS
from orchestrator.kinds.table.live import IndexLive, TableLive
from orchestrator.kinds.table.shapes import DEFAULT_PROJECTION, PARTITION, PROJECTION, Shape
from orchestrator.kinds.table.spec import INDEXES, IndexSpec, TableSpec
from orchestrator.kinds.table.subjects import Index, IndexSeen, Table
from orchestrator.model import Change, Finding, Ref, Settled, Verdict

ROWS: Rows[IndexSpec, IndexSeen] = by_name(
    billing.OF_INDEX,
    warmth.OF_INDEX,
    insights.OF_INDEX,
    scaling.OF_INDEX,
)
"""The settings of an index that can be changed in place, one row each."""

INDEX_DELETE = "index-delete"
"""What is found of an index that goes. What to do about its readers depends on the stages (`planning.findings`)."""
MOVE = "Move its readers first."

OUTLIVING = frozenset({scaling.FIELD})
"""What stands beside an index, and stays where only that is made anew (fact sheet 3)."""


def present(table: TableLive | None) -> Mapping[str, IndexLive]:
    """The indexes that are there to stay, as far as AWS is concerned."""
    indexes = table.indexes if table else {}
    return {name: index for name, index in indexes.items() if index.status != "DELETING"}


def subject(table: Table, name: str, *, new: bool) -> Index:
    """One index of the table: one that is there, or a `new` one that the plan makes, perhaps in the place of another."""
    seen = None if new else IndexSeen(table.seen, table.seen.indexes[name])
    old = _seen(table.live or table.old, name) if new else None
    declared = parts.present(table.declared.indexes).get(name, IndexSpec())
    billed = billing.billed(declared, table.declared, table.live, old, new=new)
    return Subject(table.ref.child(INDEXES, name), table.name, table.arn, billed, seen, old)


def _seen(table: TableLive | None, name: str) -> IndexSeen | None:
    index = present(table).get(name)
    return IndexSeen(table, index) if table and index else None


def reads(spec: TableSpec) -> frozenset[str]:
    """The aspects that the settings of the stated indexes take, and what one that is made anew keeps."""
    present = parts.present(spec.indexes)
    going = len(present) < len(spec.indexes or {}) or INDEXES in spec.prune
    leftovers = frozenset({LEFTOVERS} if going else ())
    stated = (settings.reads(ROWS, index, name) for name, index in present.items())
    kept = (settings.all_reads(_taken_over(spec, index), index, name) for name, index in present.items())
    return leftovers.union(*stated, *kept)


def _taken_over(spec: TableSpec, index: IndexSpec) -> Rows[IndexSpec, IndexSeen]:
    """The settings that an index may have to be given because the old one had them."""
    if spec.replace == "recreate":
        return ROWS
    return {name: row for name, row in ROWS.items() if index.replace == "recreate" and name not in OUTLIVING}


def diff(table: Table, context: Context) -> Diff:
    """Which indexes come and go: declared ones in the plan's order, then the others by name."""
    spec, changes, findings = table.declared, list[Change](), list[Finding]()
    sort = Parts.of(table.ref, INDEXES, spec.indexes, present(table.live), spec.prune, always=True)
    for name, index, there in sort.wanted:
        if there is None:
            changes += [_creation(table, name, context)] if index.partition_key else []
            findings += [] if index.partition_key else [keys.missing(sort.child(name), context)]
        elif table.live and not shapes.same(shapes.of_index(there), shapes.stated_index(index), table.live.keys):
            recreate = index.replace == "recreate"
            changes += [_replacement(table, name, there, context)] if recreate else []
            findings += _remembered(table, name, context) if recreate else []
            findings += [] if recreate else [_immutable(sort.child(name), index, there, context)]
    changes += [_deletion(sort.child(name), there) for name, there in sort.going]
    for change in changes:
        findings += _hazards(change, table.live, context)
        findings += _cooled(table, change.ref.name, context) if change.comes else []
    return Diff(tuple(changes), sort.unmanaged, tuple(findings))


def settings_diff(table: Table, coming_and_going: Sequence[Change], context: Context) -> Diff:
    """What changes in the settings of indexes: of those that stay, of new ones what making them can't give, and of those
    that go the auto scaling, which would outlive them.
    """
    changes, findings = list[Change](), list[Finding]()
    for change in coming_and_going:
        if change.effect == "delete":
            changes += scaling.ending(change.ref, table.seen, change.ref.name)
    for name in staying(table.declared, table.live, coming_and_going):
        index = subject(table, name, new=False)
        differing = [*settings.differences(ROWS, index, context)]
        findings += settings.hazards(ROWS, differing, index, context)
        changes += differing
    for change in coming_and_going:
        if change.comes:
            index = subject(table, change.ref.name, new=True)
            changes += settings.afterwards(ROWS, _values(table, index, context), index)
    return Diff(tuple(changes), findings=tuple(findings))


def due(table: Table, changes: Sequence[Change]) -> Iterator[Due]:
    """The calls that change the settings of indexes; `changes` are those of the whole lane."""
    made = {change.ref for change in changes if change.comes}
    for change in changes:
        if change.ref.section == INDEXES and change.field in ROWS:
            index = subject(table, change.ref.name, new=change.ref in made)
            yield from settings.due(ROWS, [change], index)


def staying(spec: TableSpec, table: TableLive | None, changes: Iterable[Change]) -> list[str]:
    """The live indexes that no change takes away: those of the plan in its order, then the others by name."""
    going = {change.ref.name for change in changes if change.goes}
    there = present(table)
    named = [name for name in spec.indexes or {} if name in there]
    return [name for name in (*named, *sorted(there.keys() - set(named))) if name not in going]


def goal(change: Change) -> Change:
    """The Change of the step that makes an index: for a replaced one, what comes after its deletion."""
    return Change(change.ref, "", None, change.after, "create")


def reached(change: Change, table: TableLive | None) -> bool:
    """Whether the table shows the change of an index as made. Total."""
    index = table.indexes.get(change.ref.name) if table else None
    if table is None or index is None:
        return change.goes
    if change.field:
        row = ROWS.get(change.field)
        return row is not None and settings.reached(row, change, IndexSeen(table, index))
    if change.effect == "replace":
        return not _is(index, change.before, table)
    return change.effect == "create" and index.status != "DELETING" and _is(index, change.after, table)


def motion(change: Change, table: TableLive | None) -> Verdict:
    """Whether what the change of an index is about is on its way by itself, although all counts as settled. Total."""
    index, row = table.indexes.get(change.ref.name) if table else None, ROWS.get(change.field)
    return row.motion(change, IndexSeen(table, index)) if table and index and row else Settled()


def _is(index: IndexLive, shape: Any, table: TableLive | None) -> bool:
    return isinstance(shape, Mapping) and shapes.same(shapes.of_index(index), shape, table.keys if table else None)


# -------------------------------------------------------------------------------------------------------------- changes


def _creation(table: Table, name: str, context: Context) -> Change:
    index = subject(table, name, new=True)
    shape = {**DEFAULT_PROJECTION, **shapes.stated_index(index.declared)}
    return Change(index.ref, "", None, {**shape, **_given(table, index, context)}, "create")


def _replacement(table: Table, name: str, live: IndexLive, context: Context) -> Change:
    """Of the new index, what the plan does not state is as it was."""
    index = subject(table, name, new=True)
    before, declared = shapes.of_index(live), shapes.stated_index(index.declared)
    kept = [PROJECTION] if PARTITION in declared else [*before]
    shape = {**{role: before[role] for role in kept}, **declared}
    return Change(index.ref, "", before, {**shape, **_given(table, index, context)}, "replace")


def _values(table: Table, index: Index, context: Context) -> Mapping[str, Any]:
    return settings.values(ROWS, index, context, OUTLIVING if table.live else ())


def _given(table: Table, index: Index, context: Context) -> Shape:
    given = settings.createable(ROWS, _values(table, index, context))
    return warmth.initial(given, given.get(billing.FIELD, billing.ON_DEMAND))


def _deletion(ref: Ref, live: IndexLive) -> Change:
    return Change(ref, "", shapes.of_index(live), None, "delete")


# ------------------------------------------------------------------------------------------------------------- findings


def _immutable(ref: Ref, index: IndexSpec, live: IndexLive, context: Context) -> Finding:
    other_keys = not shapes.same(shapes.of_keys(live.keys), shapes.stated_keys(index))
    field = PARTITION if other_keys else PROJECTION
    return context.finding(
        "error",
        "index-immutable",
        ref,
        field,
        f"The {'key' if other_keys else 'projection'} of {ref} differs from the live index, and AWS changes neither in place.",
        f"Declare it under a new name ({ref.name}_v2), move the readers, then state `{ref.name}: absent`; or state "
        "`replace: recreate`, with which queries of the index fail until it is rebuilt.",
    )


def _remembered(table: Table, name: str, context: Context) -> list[Finding]:
    """What the new index has because the old one had it: nothing tells it once that one is gone."""
    index = subject(table, name, new=True)
    stated = parts.present(table.declared.indexes)[name]
    values = _values(table, index, context)
    alone = replace(index, declared=billing.billed(stated, table.declared, table.live, None, new=True), old=None)
    plain = _values(table, alone, context)
    kept = [setting for setting, value in values.items() if value != plain.get(setting)]
    if not kept:
        return []
    late = (
        "; in the background it may be a later run that makes it" if gates.stated(table.declared.indexes, name) else ""
    )
    message = (
        f"{index.ref} is made anew with settings that the plan does not state ({', '.join(kept)}), and only the run that "
        f"deletes it knows them{late}: one that has to finish its work knows only the plan."
    )
    return [context.finding("warning", "index-kept", index.ref, "replace", message, f"State {' and '.join(kept)} too.")]


def _cooled(table: Table, name: str, context: Context) -> list[Finding]:
    index = subject(table, name, new=True)
    if index.old is None or index.declared.warm_throughput is not None:
        return []
    stated = index.declared.billing
    billed = billing.form(stated.provisioned) if stated else billing.ON_DEMAND
    return [*warmth.lost(index.ref, index.old.index.warm, billed, context)]


def _hazards(change: Change, table: TableLive | None, context: Context) -> list[Finding]:
    """What deleting or creating an index does to those who use the table."""
    if table is None:
        return []
    name, findings = change.ref.name, list[Finding]()
    if change.effect == "delete":
        message = f"Queries of index {name} fail from the moment its deletion starts; it can't be undone, only rebuilt."
        findings.append(context.finding("warning", INDEX_DELETE, change.ref, "", message, MOVE))
    if change.effect == "replace":
        message = f"Queries of index {name} fail from its deletion until it is rebuilt, which may take hours."
        action = f"To avoid the gap, declare {name}_v2, move the readers, then delete {name}."
        findings.append(context.finding("warning", "index-gap", change.ref, "replace", message, action))
    new = shapes.attributes(change.after or {}).keys() - table.types.keys()
    if new:
        message = (
            f"Once index {name} is ACTIVE, AWS refuses writes whose {' or '.join(sorted(new))} has another type than "
            "the index's key; items that are there already with another type are left out of it."
        )
        findings.append(context.finding("notice", "index-type-check", change.ref, PARTITION, message))
    return findings
