"""Which event source mappings come, change and go.

Source and starting position can't be changed (fact sheet 11.10): there a mapping is deleted and made anew. A Change of one
that is there carries its UUID, for a plan's id tells AWS nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from orchestrator.kinds import settings
from orchestrator.kinds.comparison import plain, veiled
from orchestrator.kinds.contract import Context, Diff, Subject, arn
from orchestrator.kinds.fields import Absent, late
from orchestrator.kinds.function.event_sources import findings, matching
from orchestrator.kinds.function.event_sources.live import BEGINNING, DELETING, EventSources, MappingLive
from orchestrator.kinds.function.event_sources.matching import Match, Wanted
from orchestrator.kinds.function.event_sources.settings import ENABLED, ROWS, Source
from orchestrator.kinds.function.event_sources.sources import OF_STREAMS, sort
from orchestrator.kinds.function.seen import Seen, mappings, staying
from orchestrator.kinds.function.spec import EVENT_SOURCES, AbsentEventSource, EventSourceSpec
from orchestrator.kinds.parts import present
from orchestrator.model import Change, Declared, Finding, Ref, Unmanaged

SOURCE, ALIAS, START, BATCH = "source", "alias", "starting_position", "batch_size"


@dataclass(frozen=True, slots=True)
class Sought:
    """The event sources of a plan, and what is there: which mapping each means, and which are left over."""

    declared: Declared
    context: Context
    specs: Mapping[str, EventSourceSpec]
    wanted: Mapping[str, Wanted]
    matches: Mapping[str, Match]
    rest: tuple[MappingLive, ...]

    def child(self, name: str) -> Ref:
        return self.declared.ref.child(EVENT_SOURCES, name)

    @property
    def called(self) -> Mapping[Ref, Ref]:
        """The plan's name of each mapping that it means."""
        meant = {name: match.mapping for name, match in self.matches.items()}
        return {self.child(one.uuid): self.child(name) for name, one in meant.items() if one is not None}


def sought(declared: Declared, seen: Seen, context: Context) -> Sought:
    """Of a function that is yet to be made too: what invoked one of its name may be there still."""
    specs = present(declared.spec.event_sources)
    there = mappings(seen).all
    function = seen.arn if seen is not None else ""
    wanted = {name: _wanted(spec, function, context) for name, spec in specs.items()}
    matches = matching.matched(wanted, there)
    taken = {match.mapping.uuid for match in matches.values() if match.mapping is not None}
    rest = tuple(one for one in there if one.uuid not in taken and one.state != DELETING)
    return Sought(declared, context, specs, wanted, matches, rest)


def _wanted(spec: EventSourceSpec, function: str, context: Context) -> Wanted:
    if function:
        return matching.identified(spec.source, spec.alias, function, context)
    return Wanted(context.fill(spec.source), spec.alias or "", "")


def diff(declared: Declared, seen: Seen, context: Context, leaving: frozenset[str]) -> Diff:
    """Those of the plan in its order, then those that go; `leaving` are aliases that go, and theirs with them."""
    if declared.spec.event_sources is None and not leaving:
        return Diff()
    of = sought(declared, seen, context)
    changes, found = list[Change](), list[Finding]()
    for name, spec in of.specs.items():
        one = _one(of, name, spec, seen)
        changes += one.changes
        found += one.findings
    going, named = _going(of, seen)
    changes += going.changes
    called = {**of.called, **going.called}
    others = [one for one in of.rest if one.uuid not in named]
    pruned = EVENT_SOURCES in declared.spec.prune
    changes += [deletion(of.child(one.uuid), one) for one in others if pruned or one.alias in leaving]
    left = [
        one for one in others if not pruned and one.alias not in leaving and declared.spec.event_sources is not None
    ]
    unmanaged = tuple(Unmanaged(declared.ref, EVENT_SOURCES, one.uuid) for one in left)
    return Diff(tuple(changes), unmanaged, (*found, *going.findings), called=called)


def deletion(ref: Ref, mapping: MappingLive) -> Change:
    return Change(ref, "", shown(mapping), None, "delete", mapping.uuid)


def shown(mapping: MappingLive) -> dict[str, Any]:
    """What identifies a mapping, in the form of Changes."""
    start = {START: mapping.start.form} if mapping.start else {}
    return {SOURCE: mapping.source, **({ALIAS: mapping.alias} if mapping.alias else {}), **start}


def subject(declared: Declared, seen: Seen, name: str, mapping: MappingLive | None) -> Source:
    """`name` of the plan, or a UUID."""
    spec = present(declared.spec.event_sources).get(name)
    ref = declared.ref.child(EVENT_SOURCES, name)
    told = seen if seen is not None and seen.arn else None
    return Subject(
        ref, declared.name, arn(declared.ref, told), spec or EventSourceSpec.model_construct(source=""), mapping
    )


# ---------------------------------------------------------------------------------------------------------- one of them


def _one(of: Sought, name: str, spec: EventSourceSpec, seen: Seen) -> Diff:
    match, ref, context = of.matches[name], of.child(name), of.context
    if match.several:
        return Diff(findings=(findings.several(ref, match.several, context),))
    if match.mapping is None:
        found = (*findings.before_creation(ref, spec, context), *findings.many_filters(ref, spec, 0, context))
        refused = any(finding.level == "error" for finding in found)
        return Diff(() if refused else (_creation(ref, of.wanted[name], spec, context),), findings=found)
    mapping = match.mapping
    if staying(seen) is not None:
        resting = () if match.cycled else findings.disabled(ref, spec, mapping, context)
        told = (*findings.problem(ref, mapping, context), *resting)
    else:
        start = [START] if spec.starting_position is None and mapping.start is not None else []
        unstated = [*start, *_unstated(spec, mapping, dict(_kept(mapping, cycled=False)))]
        told = (findings.left(ref, spec, mapping, unstated, context),)
    many = findings.many_filters(ref, spec, len(mapping.filter or ()), context)
    moves = findings.moves(ref, spec, mapping, context)
    found = (*findings.of_live(ref, spec, mapping, context), *many, *told, *moves)
    moved = _starts_elsewhere(spec, mapping) and not match.cycled
    if match.cycled or (moved and spec.replace == "recreate"):
        found = (*found, *findings.starts_later(ref, spec, context))
        kept = dict(_kept(mapping, cycled=match.cycled))
        replacement = _replacement(ref, of.wanted[name], spec, mapping, kept, context)
        if match.cycled:
            found = (*found, findings.cycled(ref, spec, mapping, context, ends=context.ends(mapping.source)))
        else:
            found = (*found, findings.restarted(ref, spec, context))
        found += tuple(findings.remembered(ref, mapping, list(_unstated(spec, mapping, kept)), context))
        return Diff((replacement,), findings=found)
    if moved:
        return Diff(findings=(*found, findings.start_fixed(ref, mapping, context)))
    one = subject(of.declared, seen, name, mapping)
    changes = (replace(change, identity=mapping.uuid) for change in settings.differences(ROWS, one, context))
    return Diff(tuple(changes), findings=found)


def _starts_elsewhere(spec: EventSourceSpec, mapping: MappingLive) -> bool:
    return spec.starting_position is not None and spec.starting_position.start != mapping.start


def _creation(ref: Ref, wanted: Wanted, spec: EventSourceSpec, context: Context) -> Change:
    return Change(ref, "", None, _new(wanted, spec, _given(spec, context)), "create")


def _new(wanted: Wanted, spec: EventSourceSpec, given: Mapping[str, Any]) -> dict[str, Any]:
    start = {} if spec.starting_position is None else {START: spec.starting_position.start.form}
    alias = {ALIAS: wanted.alias} if wanted.alias else {}
    return {SOURCE: wanted.source, **alias, **start, **given}


def _given(spec: EventSourceSpec, context: Context) -> Mapping[str, Any]:
    return settings.createable(ROWS, {row.name: wanted for row, wanted in settings.stated(ROWS, spec, context)})


def _replacement(
    ref: Ref, wanted: Wanted, spec: EventSourceSpec, mapping: MappingLive, kept: Mapping[str, Any], context: Context
) -> Change:
    """Of the new one, what the plan does not state is as it was; a new stream is read from its beginning."""
    start = {START: BEGINNING.form} if mapping.start else {}
    after = {**start, **_new(wanted, spec, {**kept, **_given(spec, context)})}
    before = {**shown(mapping), **{name: ROWS[name].live(mapping) for name in after if name in ROWS and name != ALIAS}}
    return Change(ref, "", veiled(before, after), after, "replace", mapping.uuid)


def _kept(mapping: MappingLive, *, cycled: bool) -> Iterator[tuple[str, Any]]:
    """The settings that the mapping has otherwise than a new one would.

    Not that one whose stream has ended, or shall, is disabled: a run that was killed on the way leaves it so.
    """
    queue = (of := sort(mapping.source)) is not None and of.queue
    for row in ROWS.values():
        value = row.live(mapping)
        fits = (
            row.create is not None and not (queue and row.name in OF_STREAMS) and not (cycled and row.name == ENABLED)
        )
        if fits and value is not None and value != row.fresh:
            yield row.name, value


def _unstated(spec: EventSourceSpec, mapping: MappingLive, kept: Mapping[str, Any]) -> Iterator[str]:
    """The settings that the plan could state and does not, where a new mapping would have them otherwise."""
    of = sort(mapping.source)
    for name, value in kept.items():
        usual = name == BATCH and of is not None and value == of.batch
        if ROWS[name].wanted(spec) is None and not usual:
            yield name


# ------------------------------------------------------------------------------------------------------ those that go


def _going(of: Sought, seen: Seen) -> tuple[Diff, frozenset[str]]:
    """The deletions of what the plan names absent, and the UUIDs of the mappings that it may mean."""
    changes, found, named = list[Change](), list[Finding](), set[str]()
    for name, spec in (of.declared.spec.event_sources or {}).items():
        if not isinstance(spec, Absent) or seen is None:
            continue
        assert isinstance(spec, AbsentEventSource)
        free = [one for one in of.rest if one.uuid not in named]
        match = matching.leaving(name, spec, free, seen.arn, of.context)
        named |= {one.uuid for one in match.several}
        if match.mapping is not None:
            named.add(match.mapping.uuid)
            changes.append(deletion(of.child(name), match.mapping))
        elif match.several:
            found.append(findings.which_absent(of.child(name), match.several, of.context))
    called = {of.child(change.identity): change.ref for change in changes}
    return Diff(tuple(changes), findings=tuple(found), called=called), frozenset(named)


# -------------------------------------------------------------------------------------------------------------- reached


def reached(change: Change, seen: Seen) -> bool:
    """Whether what was seen of the function shows the change of a mapping as made. Total.

    A deletion looks for what outlived the function too (fact sheet 11.10): where nothing is seen, nothing is left to do.
    """
    if seen is None:
        return change.effect == "delete"
    there = mappings(seen)
    if change.effect == "create":
        return _made(change.after, there)
    one = there.find(change.identity)
    if change.goes:
        return one is None
    return isinstance(one, MappingLive) and _shows(one, {change.field: change.after})


def occupied(after: Any, there: EventSources) -> bool:
    """Whether there is a mapping of the same source and alias, in whatever shape."""
    return _in_place(after, there) is not None


def _in_place(after: Any, there: EventSources) -> MappingLive | None:
    if not isinstance(after, Mapping) or late(after.get(SOURCE)):
        return None
    return there.of(str(plain(after[SOURCE])), after.get(ALIAS, ""))


def _made(after: Any, there: EventSources) -> bool:
    seen = _in_place(after, there)
    return seen is not None and _shows(seen, {name: value for name, value in after.items() if name in ROWS})


def _shows(seen: MappingLive, values: Mapping[str, Any]) -> bool:
    return all(name in ROWS and ROWS[name].same(ROWS[name].live(seen), value) for name, value in values.items())


def all_of(there: Sequence[MappingLive], ref: Ref) -> Iterator[Change]:
    """The deletions of all mappings of a function that shall go."""
    for one in there:
        if one.state != DELETING:
            yield deletion(ref.child(EVENT_SOURCES, one.uuid), one)
