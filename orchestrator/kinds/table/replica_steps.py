"""The steps of replicas on their table's lane: one action on one replica at a time (fact sheet 8.1, 14.3)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from orchestrator.kinds import settings
from orchestrator.kinds.step_builder import StepBuilder
from orchestrator.kinds.table import estimates, lanes, protection, scaling, warmth
from orchestrator.kinds.table.aspects import LEFTOVERS, abroad
from orchestrator.kinds.table.replica_settings import ROWS, updates
from orchestrator.kinds.table.replicas import index_of, present, subject
from orchestrator.kinds.table.spec import REPLICAS
from orchestrator.kinds.table.subjects import Table
from orchestrator.model import Change, Scope, Settled, Step


def departures(builder: StepBuilder, table: Table, changes: Sequence[Change]) -> list[Step]:
    """What goes, each replica after its protection; then what scaled them."""
    own = [change for change in changes if change.ref.section == REPLICAS]
    going = [change for change in own if change.goes]
    steps = [step for change in going for step in _departure(builder, table, change, own)]
    return [*steps, *(step for change in own for step in _unscaled(builder, table, change))]


def arrivals(builder: StepBuilder, table: Table, changes: Sequence[Change]) -> list[Step]:
    """What comes and what changes, replica after replica in the plan's order, each with its settings."""
    own = [change for change in changes if change.ref.section == REPLICAS]
    going = {change.ref: change.effect for change in own if change.goes}
    staying = [change for change in own if going.get(change.ref) != "delete"]
    patience = lanes.WARM if _raises(table, changes) else 0
    coming = [change for change in staying if not (change.ref in going and _unprotects(change))]
    return [
        step
        for ref in dict.fromkeys(change.ref for change in coming)
        for step in _arrival(builder, table, [change for change in coming if change.ref == ref], patience)
    ]


def _raises(table: Table, changes: Sequence[Change]) -> bool:
    """Whether warm throughput of the table or an index is being raised, or will be before the replicas come."""
    raising = table.live is not None and warmth.raise_of(table.live) != Settled()
    return raising or any(change.field == warmth.FIELD for change in changes)


def _unprotects(change: Change) -> bool:
    return change.field == protection.FIELD and change.after is False


def _departure(builder: StepBuilder, table: Table, change: Change, own: Sequence[Change]) -> Iterator[Step]:
    region = change.ref.name
    yield from _settings(builder, table, region, [one for one in own if one.ref == change.ref and _unprotects(one)])
    again = " to create it anew" if change.effect == "replace" else ""
    yield builder.step(
        "delete",
        f"remove the replica in {region}{again}",
        updates(table.name, "Delete", region),
        (replace(change, after=None, effect="delete"),),
        lanes.REPLICA,
        ref=change.ref,
        timeout="update",
        reads=frozenset({abroad(region)}),
        destructive=True,
    )


def _unscaled(builder: StepBuilder, table: Table, change: Change) -> Iterator[Step]:
    """AWS may know a target until then, so that it goes after its replica (fact sheet, section 3 and 8.3)."""
    index, region = index_of(change.field), change.ref.name
    if index is None:
        return
    for move in scaling.moves(change.before, change.after, table.name, index, {}):
        assert move.call is not None  # a target ends by a call
        yield builder.step(
            "update",
            f"{move.summary} in {region}",
            replace(move.call, region=region),
            (Change(change.ref, change.field, move.before, move.after, "update"),),
            lanes.UPDATE,
            what=scaling.FIELD,
            ref=change.ref,
            reads=frozenset({abroad(region), abroad(region, LEFTOVERS)}),
            scope=Scope.SELF,
        )


def _arrival(builder: StepBuilder, table: Table, changes: Sequence[Change], patience: float) -> Iterator[Step]:
    """`patience`: the seconds that a new replica has to wait for what is raised (see `replicas.motion`)."""
    for change in changes:
        if change.comes:
            yield _creation(builder, table, replace(change, before=None, effect="create"), patience)
    yield from _settings(builder, table, changes[0].ref.name, [change for change in changes if change.field in ROWS])


def _creation(builder: StepBuilder, table: Table, change: Change, patience: float) -> Step:
    region, size = change.ref.name, table.live.size_bytes if table.live else 0
    declared = subject(table, region, None).declared
    return builder.step(
        "create",
        f"add a replica in {region}",
        updates(table.name, "Create", region, **settings.created(ROWS, change.after)),
        (change,),
        patience + lanes.REPLICA + 2 * size / lanes.COPIED_PER_SECOND,
        ref=change.ref,
        timeout="update",
        reads=settings.reads(ROWS, declared, region) | {abroad(region)},
        estimate=estimates.replica_copy(table.live),
    )


def _settings(builder: StepBuilder, table: Table, region: str, changes: Sequence[Change]) -> list[Step]:
    replica = subject(table, region, present(table.live).get(region))
    return [builder.setting(sending) for sending in settings.sendings(settings.due(ROWS, changes, replica))]
