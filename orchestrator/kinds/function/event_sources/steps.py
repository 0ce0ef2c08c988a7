"""The steps of event source mappings on the lane of their function."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from orchestrator.kinds import settings
from orchestrator.kinds.contract import Context
from orchestrator.kinds.fields import Absent, late
from orchestrator.kinds.function import aspects
from orchestrator.kinds.function.event_sources import sources
from orchestrator.kinds.function.event_sources.difference import ALIAS, SOURCE, START, sought, subject
from orchestrator.kinds.function.event_sources.live import BEGINNING, DISABLED, MappingLive
from orchestrator.kinds.function.event_sources.settings import ENABLED, ROWS, update
from orchestrator.kinds.function.lanes import EVENT_SOURCE, LATEST, Place, qualified
from orchestrator.kinds.function.seen import Seen, mappings, staying
from orchestrator.kinds.function.spec import EVENT_SOURCES
from orchestrator.kinds.parts import present
from orchestrator.kinds.step_builder import Placed, StepBuilder
from orchestrator.model import Call, Change, Declared, Ref, Scope, Step


def steps(
    builder: StepBuilder, declared: Declared, seen: Seen, changes: Sequence[Change], context: Context
) -> Iterator[Placed]:
    """One step for the settings of a mapping, two to replace it, and before those one to disable it where its stream is still
    to be replaced; `changes` are those of the whole lane.

    One that is found in motion, and that nothing is to be done to, is waited for (architecture, rule 8).
    """
    own = [change for change in changes if change.ref.section == EVENT_SOURCES]
    of = _Steps(builder, declared, seen)
    yield from ((Place.DRAINS, step) for change in own for step in of.draining(change))
    for ref, some in groupby(own, key=lambda change: change.ref):
        yield from ((Place.EVENT_SOURCES, step) for step in of.steps(ref, list(some)))
    if not isinstance(declared.spec, Absent):
        for name, match in sought(declared, seen, context).matches.items():
            ref = declared.ref.child(EVENT_SOURCES, name)
            if match.mapping and match.mapping.moving and all(change.ref != ref for change in own):
                yield Place.EVENT_SOURCES, of.wait(ref, match.mapping)


@dataclass(frozen=True, slots=True)
class _Steps:
    builder: StepBuilder
    declared: Declared
    seen: Seen

    def steps(self, ref: Ref, changes: list[Change]) -> Iterator[Step]:
        first = changes[0]
        if first.field:
            yield from self.update(ref, changes)
            return
        if first.goes:
            yield self.deletion(first)
        if first.comes:
            yield self.creation(first)

    def draining(self, change: Change) -> Iterator[Step]:
        """Disables a mapping that is replaced by one on a stream which is yet to come; that its own one ends is the table's.

        Where the function is yet to come too, it reads nothing.
        """
        if change.effect != "replace" or not late(change.after[SOURCE]) or staying(self.seen) is None:
            return
        mapping = self._mapping(change.identity)
        assert mapping is not None
        if mapping.state == DISABLED:
            return
        yield self.builder.step(
            "update",
            f"disable event source {change.ref.name} before its stream ends",
            update(mapping.uuid, Enabled=False),
            (Change(change.ref, ENABLED, True, False, "update", mapping.uuid),),
            EVENT_SOURCE,
            what=ENABLED,
            ref=change.ref,
            timeout="update",
            reads=_one(mapping.uuid),
            scope=Scope.SELF,
            releases=_table(change),
            only_releases=True,
            unfinished=(
                f"{change.ref} was disabled before its stream ends, and the mapping that is to take its place is not there: "
                "the function reads nothing of it. Run again, or apply the plan as it was before with `enabled: true` stated."
            ),
        )

    def wait(self, ref: Ref, mapping: MappingLive) -> Step:
        return self.builder.step(
            "wait",
            f"wait for {mapping.words}",
            None,
            (),
            EVENT_SOURCE,
            ref=ref,
            timeout="update",
            reads=_one(mapping.uuid),
            scope=Scope.SELF,
        )

    def update(self, ref: Ref, changes: list[Change]) -> Iterator[Step]:
        uuid = changes[0].identity
        one = subject(self.declared, self.seen, ref.name, self._mapping(uuid))
        for sending in settings.sendings(settings.due(ROWS, changes, one)):
            step = self.builder.setting(sending)
            because = tuple(replace(change, identity=uuid) for change in step.because)
            yield replace(step, because=because, reads=_one(uuid))

    def deletion(self, change: Change) -> Step:
        """One of a function on its way out, which comes to no rest any more, goes beside it: it would outlive it (11.10)."""
        again = " to create it anew" if change.effect == "replace" else ""
        return self.builder.step(
            "delete",
            f"delete event source {change.ref.name}{again}",
            Call("lambda", "DeleteEventSourceMapping", {"UUID": change.identity}),
            (change,),
            EVENT_SOURCE,
            ref=change.ref,
            reads=frozenset({f"{aspects.LEFT_EVENT_SOURCE}:{change.identity}"}),
            scope=Scope.SELF if staying(self.seen) is not None else Scope.PART,
            destructive=True,
            releases=_table(change) if change.effect == "delete" else frozenset(),
        )

    def creation(self, change: Change) -> Step:
        after: Mapping[str, Any] = change.after
        alias = after.get(ALIAS, "")
        arn = subject(self.declared, self.seen, change.ref.name, None).arn
        parameters = {
            "FunctionName": qualified(self.declared.name, arn, alias),
            "EventSourceArn": after[SOURCE],
            **self._start(change),
            **settings.created(ROWS, after),
            **self._kept(change),
        }
        return self.builder.step(
            "create",
            f"create event source {change.ref.name}",
            Call("lambda", "CreateEventSourceMapping", parameters),
            (Change(change.ref, "", None, after, "create"),),
            EVENT_SOURCE,
            ref=change.ref,
            reads=frozenset({f"{aspects.EVENT_SOURCES}:{alias or LATEST}"}),
            scope=Scope.SELF,
        )

    def _start(self, change: Change) -> Mapping[str, Any]:
        if START not in change.after:
            return {}
        stated = present(self.declared.spec.event_sources)[change.ref.name].starting_position
        if stated is None:
            return {"StartingPosition": BEGINNING.position}
        at = {"StartingPositionTimestamp": stated.at} if stated.at else {}
        return {"StartingPosition": stated.position, **at}

    def _kept(self, change: Change) -> Mapping[str, Any]:
        """What the plan language has no word for stays with a mapping that is made anew."""
        mapping = self._mapping(change.identity) if change.identity else None
        return mapping.others if mapping else {}

    def _mapping(self, uuid: str) -> MappingLive | None:
        found = mappings(self.seen).find(uuid)
        return found if isinstance(found, MappingLive) else None


def _table(change: Change) -> frozenset[str]:
    """The table whose stream the mapping reads that goes; none where it reads something else."""
    table = sources.table(str(change.before[SOURCE]))
    return frozenset({table} if table else ())


def _one(uuid: str) -> frozenset[str]:
    return frozenset({f"{aspects.EVENT_SOURCE}:{uuid}"})
