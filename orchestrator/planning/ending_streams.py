"""Streams of tables that the plans end, and who reads them: the plans' own event sources, and mappings that no plan takes away.

An event source that refers to a stream is made anew on the next one, and waits for it (fact sheet 14.3, rule 21). One that names
it by its ARN can't outlive it, in whichever of the plans it stands, and a mapping that stays reads nothing more (section 5).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from orchestrator.kinds.fields import OFF
from orchestrator.kinds.function.event_sources.sources import named_by_arn
from orchestrator.kinds.function.spec import EVENT_SOURCES
from orchestrator.kinds.table import stream
from orchestrator.kinds.table.live import Reader
from orchestrator.kinds.table.seen import here
from orchestrator.kinds.table.spec import TABLES
from orchestrator.model import UNREAD, Change, Finding, Plan, Ref, World
from orchestrator.planning.chaining import Compiled


@dataclass(frozen=True, slots=True)
class Ending:
    """The live stream of `table` that its plan ends. `comes`: another one takes its place."""

    arn: str
    table: Ref
    readers: tuple[Reader, ...]
    comes: bool


def ending(root: Compiled, world: World) -> Ending | None:
    """What of a stream the plan of a root ends; None where that is none, or over and done with."""
    ref = root.declared.ref
    ends = next((change for change in root.diff.changes if _ends(change, ref)), None)
    live = here(world[ref]) if ends else None
    if ends is None or live is None or live.stream_arn is None or live.status == "DELETING":
        return None
    readers = () if live.readers is UNREAD else live.readers
    after = ends.after if ends.field else (ends.after or {}).get(stream.FIELD, OFF)
    return Ending(live.stream_arn, ref, readers, after != OFF)


def _ends(change: Change, table: Ref) -> bool:
    if change.ref != table or table.section != TABLES:
        return False
    return change.goes if not change.field else change.field == stream.FIELD and change.before != OFF


def refused(compiled: Mapping[Ref, Compiled], plans: Sequence[Plan], world: World) -> dict[Ref, Compiled]:
    """The same roots, in the same order; one with an event source that could not hold has an error, and no steps."""
    ends = {end.arn: end for root in compiled.values() if (end := ending(root, world))}
    by_name = {plan.name: plan for plan in plans}
    return {ref: _refused(root, ends, by_name[ref.plan]) for ref, root in compiled.items()}


def _refused(root: Compiled, ends: Mapping[str, Ending], plan: Plan) -> Compiled:
    found = tuple(_by_arn(root, ends, plan)) if ends and root.declared.ref.section == "functions" else ()
    return replace(root, diff=replace(root.diff, findings=(*found, *root.diff.findings)), steps=()) if found else root


def _by_arn(root: Compiled, ends: Mapping[str, Ending], plan: Plan) -> Iterator[Finding]:
    for name, arn in named_by_arn(root.declared.spec).items():
        if (end := ends.get(arn)) is None:
            continue
        ref, same = root.declared.ref.child(EVENT_SOURCES, name), end.table.plan == plan.name
        who = "this plan" if same else f"plan {end.table.plan}"
        message = (
            f"{ref} names the stream of {end.table} by its ARN, and {who} ends that stream: it would read nothing more."
        )
        action = _instead(end, name, same=same)
        yield Finding("error", "stream-ends", message, action, ref, plan.where((*ref.path, "source")))


def _instead(end: Ending, name: str, *, same: bool) -> str:
    if not end.comes:
        return f"No other one comes: state `{name}: absent`, or leave the stream on."
    written = f"`source: ${{{end.table}.stream_arn}}`"
    if same:
        return f"State {written}: then it is made anew on the new stream."
    return (
        f"Move it with its function to plan {end.table.plan} and state {written}; or apply that plan first, then state the "
        "new ARN."
    )


def unread(compiled: Mapping[Ref, Compiled], plans: Sequence[Plan], world: World) -> Iterator[Finding]:
    """A warning for each stream that ends under mappings which no plan deletes or makes anew."""
    gone = set(_leaving(change for root in compiled.values() for change in root.diff.changes))
    by_name = {plan.name: plan for plan in plans}
    for root in compiled.values():
        end = ending(root, world)
        left = [reader for reader in end.readers if reader.uuid not in gone] if end else []
        if end is None or not left:
            continue
        message = f"The stream of {end.table} ends, and is read by {', '.join(f'{one.function} ({one.uuid})' for one in left)}."
        action = (
            "No plan deletes or makes anew these event source mappings, which read nothing more then: remove them, "
        )
        action += "first if they shall still drain the stream" + (
            ", and make some on the new stream." if end.comes else "."
        )
        yield Finding(
            "warning", "stream-read", message, action, end.table, by_name[end.table.plan].where(end.table.path)
        )


def _leaving(changes: Iterable[Change]) -> Iterator[str]:
    """The UUIDs of the mappings that go."""
    return (change.identity for change in changes if change.ref.section == EVENT_SOURCES and change.goes)
