"""The lane of one table: the steps that make its changes, in the order of the fact sheet's 14.3."""

from dataclasses import replace

from orchestrator.kinds import settings
from orchestrator.kinds.contract import Context, Diff
from orchestrator.kinds.fields import Absent
from orchestrator.kinds.step_builder import Placed, StepBuilder
from orchestrator.kinds.table import (
    background,
    billing,
    deletion,
    dependence,
    estimates,
    global_scaling,
    indexes,
    inheritance,
    keys,
    lanes,
    replacement,
    replica_steps,
    requests,
    subjects,
)
from orchestrator.kinds.table.aspects import abroad
from orchestrator.kinds.table.lanes import Place
from orchestrator.kinds.table.live import TableLive
from orchestrator.kinds.table.seen import Seen, here
from orchestrator.kinds.table.settings import ROWS
from orchestrator.kinds.table.settling import of_replica, verdict
from orchestrator.kinds.table.spec import INDEXES, TABLES
from orchestrator.kinds.table.subjects import Table
from orchestrator.model import Call, Change, Declared, Gate, Pending, Ref, Scope, Settled, Step

MADE_TOGETHER = (TABLES, INDEXES)
"""What one CreateTable makes."""

STATUS = "status"
"""The field of the Change that a table is waited out for while it is being deleted."""


def steps(declared: Declared, seen: Seen, diff: Diff, context: Context) -> tuple[Step, ...]:
    """What is under way already is waited for first, also where nothing else is to do (architecture, rule 8)."""
    live = here(seen)
    waits = _waits(declared, live, diff)
    there = None if deletion.gone(live) else live
    builder = lanes.builder(declared, there.id if there else None)
    if isinstance(declared.spec, Absent):
        return (*waits, *deletion.steps(builder, subjects.table(declared, there), diff, context))
    table = subjects.table(declared, there)
    if there is None:
        return (*waits, *_creation(builder, table, diff))
    if replaced := _replacement(declared.ref, diff):
        return (*waits, *_recreation(builder, table, diff, context, replaced))
    return background.around(waits, _update(builder, table, diff), table)


# -------------------------------------------------------------------------------------------------------------- waiting


def _waits(declared: Declared, live: TableLive | None, diff: Diff) -> list[Step]:
    seen = verdict(live, Scope.WHOLE)
    if live is None or not isinstance(seen, Pending) or _doomed(live, diff):
        return []
    gone = deletion.gone(live)
    builder = lanes.builder(declared, None if gone else live.id)
    because = (Change(declared.ref, STATUS, live.status, None, "delete"),) if gone else ()
    summary = f"wait until table {declared.name} is gone" if gone else f"wait until settled: {seen.status}"
    given = () if gone else dependence.awaited(declared.ref, live, deferred=diff.deferred)
    reads = frozenset(abroad(region) for region in (*live.replicas, *_going_elsewhere(live)))
    return [builder.step("wait", summary, None, because, _patience(builder, live), reads=reads, given=given)]


def _going_elsewhere(live: TableLive) -> list[str]:
    """The Regions whose copy is still being deleted although this one lists it no more: only a look there shows its end."""
    return [region for region, one in live.elsewhere.items() if isinstance(one, TableLive) and deletion.gone(one)]


def _patience(builder: StepBuilder, live: TableLive) -> float:
    """As long as what is under way may take; a table that only says UPDATING may be switching its billing."""
    timeouts, statuses = builder.timeouts, {index.status for index in live.indexes.values()}
    waits = [
        (live.status == "DELETING", timeouts.get("delete", lanes.DELETE)),
        (live.status == "CREATING", timeouts.get("create", lanes.CREATE)),
        (live.restoring, timeouts.get("create", lanes.RESTORE)),
        ("CREATING" in statuses and live.status != "CREATING", timeouts.get("index", lanes.INDEX_CREATE)),
        ("DELETING" in statuses, timeouts.get("index", lanes.INDEX_DELETE)),
        (
            bool(_going_elsewhere(live)) or any(of_replica(one, live) != Settled() for one in live.replicas.values()),
            timeouts.get("update", lanes.REPLICA),
        ),
    ]
    return max((seconds for holds, seconds in waits if holds), default=timeouts.get("update", lanes.FLIP))


def _doomed(live: TableLive, diff: Diff) -> str | None:
    """An index that may be deleted while it is still being filled (fact sheet 1.3): all else must be settled."""
    for change in diff.changes:
        name = change.ref.name
        going = change.ref.section == INDEXES and change.goes
        if going and name in live.indexes and live.indexes[name].backfilling:
            others = {other: index for other, index in live.indexes.items() if other != name}
            return name if verdict(replace(live, indexes=others), Scope.WHOLE) == Settled() else None
    return None


# ------------------------------------------------------------------------------------------------------------- creation


def _creation(builder: StepBuilder, table: Table, diff: Diff) -> list[Step]:
    """One CreateTable with everything that it can take (A5), then the rest."""
    made = [change for change in diff.changes if change.effect == "create" and change.ref.section in MADE_TOGETHER]
    if not made:
        return []
    name, parts = table.name, made[1:]
    with_indexes = f" with {len(parts)} index{'es' * (len(parts) > 1)}" if parts else ""
    create = builder.step(
        "create",
        f"create table {name}{with_indexes}",
        _create_table(name, made),
        tuple(made),
        lanes.CREATE,
        probes=tuple(requests.probe(name, part.ref.name, part.after) for part in parts),
    )
    placed = dependence.resting(
        table,
        [*_settings(builder, table, diff), *_replicas(builder, table, diff), *_leftovers(builder, table, diff)],
        diff.changes,
    )
    return [create, *(step for _, step in sorted(placed, key=lambda item: item[0]))]


def _replacement(ref: Ref, diff: Diff) -> Change | None:
    """The Change that puts another table in this one's place."""
    return next(
        (change for change in diff.changes if (change.ref, change.field, change.effect) == (ref, "", "replace")), None
    )


def _recreation(builder: StepBuilder, table: Table, diff: Diff, context: Context, replaced: Change) -> list[Step]:
    """The old one goes (its parts with it), then the new one is made: a thing of another TableId."""
    old, new = replace(replaced, after=None, effect="delete"), replace(replaced, before=None, effect="create")
    changes = [change for change in diff.changes if change is not replaced and not deletion.goes_before(change)]
    return [
        *deletion.removal(builder, table, diff, context, old),
        *_creation(replace(builder, identity=None), replacement.renewed(table), Diff((new, *changes))),
    ]


def _create_table(name: str, made: list[Change]) -> Call:
    shape, parts = made[0].after, {change.ref.name: change.after for change in made[1:]}
    local = shape.get(keys.LOCAL, {})
    definitions = {
        "LocalSecondaryIndexes": [requests.index_definition(index, shape) for index, shape in local.items()],
        "GlobalSecondaryIndexes": [requests.index_definition(index, shape) for index, shape in parts.items()],
    }
    return lanes.call(
        name,
        "CreateTable",
        AttributeDefinitions=requests.attribute_definitions([shape, *local.values(), *parts.values()]),
        KeySchema=requests.key_schema(shape),
        **{member: items for member, items in definitions.items() if items},
        **settings.created(ROWS, shape),
    )


# --------------------------------------------------------------------------------------------------------------- update


def _update(builder: StepBuilder, table: Table, diff: Diff) -> list[Placed]:
    doomed = _doomed(table.seen, diff)
    coming_and_going = [change for change in diff.changes if change.ref.section == INDEXES and change.whole]
    made = [change for change in coming_and_going if change.comes]
    placed = background.last(table, _settings(builder, table, diff), [change.ref for change in made])
    placed += [*_replicas(builder, table, diff), *_departures(builder, table, diff)]
    placed += [*global_scaling.steps(builder, table, diff.changes), *_leftovers(builder, table, diff)]
    for change in coming_and_going:
        if change.goes:
            early = change.ref.name == doomed
            late = not early and background.deleted_late(table, change, diff.changes)
            place = Place.BACKGROUND_INDEXES if late else Place.INDEX_DELETES
            placed.append((place, _index_delete(builder, table.name, change, early=early, gate=_gate(late=late))))
    for change in made:
        late = background.late(table, change.ref.name)
        place = Place.BACKGROUND_INDEXES if late else Place.INDEX_CREATES
        placed.append((place, _index_create(builder, table, indexes.goal(change), gate=_gate(late=late))))
    placed = dependence.resting(table, placed, diff.changes)
    return sorted(placed, key=lambda item: (item[0], item[1].ref.name != doomed, background.rank(item)))


def _gate(*, late: bool) -> Gate:
    return "background" if late else "start"


def _index_delete(builder: StepBuilder, table: str, change: Change, *, early: bool, gate: Gate) -> Step:
    """`early`: while it is being filled, so that only TableStatus must be settled."""
    name = change.ref.name
    again = " to create it anew" if change.effect == "replace" else ""
    return builder.step(
        "delete",
        f"delete index {name}{again}",
        lanes.call(table, "UpdateTable", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": name}}]),
        (change,),
        lanes.INDEX_DELETE,
        ref=change.ref,
        timeout="index",
        scope=Scope.SELF if early else Scope.WHOLE,
        destructive=True,
        gate=gate,
    )


def _index_create(builder: StepBuilder, table: Table, change: Change, *, gate: Gate) -> Step:
    """The attribute definitions are those of the new index alone (fact sheet 2.4)."""
    name, shape = change.ref.name, change.after
    return builder.step(
        "create",
        f"create index {name}",
        lanes.call(
            table.name,
            "UpdateTable",
            AttributeDefinitions=requests.attribute_definitions([shape]),
            GlobalSecondaryIndexUpdates=[{"Create": requests.index_definition(name, shape)}],
        ),
        (change,),
        lanes.INDEX_CREATE,
        ref=change.ref,
        timeout="index",
        probes=(requests.probe(table.name, name, shape),),
        gate=gate,
        estimate=estimates.index_build(table.seen),
    )


def _settings(builder: StepBuilder, table: Table, diff: Diff) -> list[Placed]:
    """The steps of the changed settings, the indexes' among them."""
    own = [change for change in diff.changes if change.ref == table.ref and change.field]
    calls = [*settings.due(ROWS, own, table), *indexes.due(table, diff.changes)]
    return [(sending.order, builder.setting(sending)) for sending in settings.sendings(calls)]


def _leftovers(builder: StepBuilder, table: Table, diff: Diff) -> list[Placed]:
    return [(Place.SCALING_OFF, step) for step in inheritance.steps(builder, table.name, diff.changes)]


def _departures(builder: StepBuilder, table: Table, diff: Diff) -> list[Placed]:
    return [(Place.REPLICA_DELETES, step) for step in replica_steps.departures(builder, table, diff.changes)]


def _replicas(builder: StepBuilder, table: Table, diff: Diff) -> list[Placed]:
    """What comes and changes of replicas: after the scaling of writes that those of a provisioned table need (8.1)."""
    on_demand = billing.on_demand(billing.after(table.declared, table.live))
    place = Place.REPLICAS if on_demand else Place.SCALING
    return [(place, step) for step in replica_steps.arrivals(builder, table, diff.changes)]
