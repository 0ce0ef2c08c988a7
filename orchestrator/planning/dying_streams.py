"""An event source that names a table's stream by its ARN can't outlive that stream: no plan would make it anew on the next one.

One that refers to the stream is made anew, and waits for it (fact sheet 14.3, rule 21). So whoever ends a stream, in whichever of
the plans, is told of those that only know its ARN.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from orchestrator.kinds import attribute
from orchestrator.kinds.function.event_sources.sources import named_by_arn
from orchestrator.kinds.function.spec import EVENT_SOURCES
from orchestrator.model import Finding, FromLive, Plan, Ref, World
from orchestrator.planning.chaining import Compiled
from orchestrator.planning.late import lacking

STREAM = "stream_arn"


def refused(compiled: Mapping[Ref, Compiled], plans: Sequence[Plan], world: World) -> dict[Ref, Compiled]:
    """The same roots, in the same order; one with an event source that could not hold has an error, and no steps."""
    ending = {arn: table for table in compiled.values() if (arn := _ended(table, world))}
    by_name = {plan.name: plan for plan in plans}
    return {ref: _refused(root, ending, by_name[ref.plan], world) for ref, root in compiled.items()}


def _ended(root: Compiled, world: World) -> str | None:
    """The ARN of the live stream of a table that its plan ends."""
    ref = root.declared.ref
    if ref.section != "tables" or not (STREAM in root.diff.changing or _goes(root)):
        return None
    return attribute(FromLive(ref, STREAM), world[ref], root.declared)


def _goes(root: Compiled) -> bool:
    return any(change.ref == root.declared.ref and change.effect == "delete" for change in root.diff.changes)


def _refused(root: Compiled, ending: Mapping[str, Compiled], plan: Plan, world: World) -> Compiled:
    found = tuple(_findings(root, ending, plan, world)) if ending and root.declared.ref.section == "functions" else ()
    return replace(root, diff=replace(root.diff, findings=(*found, *root.diff.findings)), steps=()) if found else root


def _findings(root: Compiled, ending: Mapping[str, Compiled], plan: Plan, world: World) -> Iterator[Finding]:
    for name, arn in named_by_arn(root.declared.spec).items():
        if (table := ending.get(arn)) is None:
            continue
        ref, of = root.declared.ref.child(EVENT_SOURCES, name), table.declared.ref
        who = "this plan" if of.plan == ref.plan else f"plan {of.plan}"
        message = f"{ref} names the stream of {of} by its ARN, and {who} ends that stream: it would read nothing more."
        action = _action(table, name, world, same=of.plan == ref.plan)
        yield Finding("error", "stream-ends", message, action, ref, plan.where((*ref.path, "source")))


def _action(table: Compiled, name: str, world: World, *, same: bool) -> str:
    of = table.declared.ref
    if _goes(table) or lacking(FromLive(of, STREAM), table.declared, table.diff, world[of]):
        return f"No other one comes: state `{name}: absent`, or leave the stream on."
    written = f"`source: ${{{of}.{STREAM}}}`"
    if same:
        return f"State {written}: then it is made anew on the new stream."
    return f"Move it with its function to plan {of.plan} and state {written}; or apply that plan first, then state the new ARN."
