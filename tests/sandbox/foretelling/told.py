"""A plan foretold and applied: what is seen of the simulated account, what is foretold of it, and what a plan would then do."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator import kinds
from orchestrator.engine.observe import aspects
from orchestrator.model import Blob, FromLive, Graph, Preview, Ref, Step, Text, World
from orchestrator.pipeline import Opened
from orchestrator.planning.compile import compile_plans
from orchestrator.planning.foretold import Foretold, Unforetold
from orchestrator.sandbox.foretelling import UUID, foretold
from tests.end_to_end.virtual import TARGET, VirtualAws

Reads = Mapping[Ref, frozenset[str]]


def plan(section: str, things: Mapping[str, Any], **others: Any) -> str:
    """JSON is YAML."""
    return json.dumps({"plan": "any", "policy": {"destructive": "allow"}, section: things, **others})


def reads_of(*runs: Opened) -> Reads:
    """What has to be looked at for any of these plans, which declare the same things."""
    found: dict[Ref, frozenset[str]] = {}
    for item in (item for run in runs for item in run.declared):
        found[item.ref] = found.get(item.ref, frozenset()) | aspects(item, referred=True)
    return found


async def seen(run: Opened, reads: Reads) -> World:
    return {
        item.ref: await kinds.ROOTS[item.ref.section].observe(run.cloud, item.name, reads[item.ref])
        for item in run.declared
    }


def compiled(run: Opened, world: World) -> Preview:
    return compile_plans(run.plans, world, TARGET, now=run.clock.now(), allow_destructive=True)


def errors(preview: Preview) -> Sequence[tuple[str, Ref | None]]:
    return [(finding.code, finding.ref) for finding in preview.findings if finding.level == "error"]


def names(made: Mapping[FromLive, str]) -> Mapping[str, str]:
    """What values are of, by what stands for them. Of an event source the function: its identifier is all that it has."""
    return {
        value: f"<{late.ref.root if late.field == UUID else late.ref}.{late.field}>" for late, value in made.items()
    }


def foretold_of(run: Opened, world: World, graph: Graph, reads: Reads) -> Foretold:
    found = foretold(Foretold(world), run.plans, graph, reads, TARGET, run.clock.now())
    assert not isinstance(found, Unforetold), found
    return found


@dataclass(frozen=True)
class Sent:
    """What of a step is the same whoever made the thing: values that AWS chooses are named by what they are of."""

    id: str
    api: str
    parameters: Any


def sent(graph: Iterable[Step], chosen: Mapping[str, str]) -> Sequence[Sent]:
    """`chosen` are names by the values that AWS, or the foretelling, chose."""
    return [
        Sent(_named(step.id, chosen), call.title if call else "", _named(call.parameters if call else {}, chosen))
        for step in graph
        for call in (step.call,)
    ]


def _named(value: Any, chosen: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _named(inner, chosen) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_named(inner, chosen) for inner in value]
    if isinstance(value, Text | Blob):
        return repr(value)
    if isinstance(value, str):
        for one in sorted(chosen, key=len, reverse=True):
            if len(one) > 8 or value == one:
                value = value.replace(one, chosen[one])
    return value


async def already(aws: VirtualAws, text: str) -> None:
    """What the plan states is there since two hours."""
    report = await aws.apply(text, wait="all")
    assert report.exit_code == 0, [step.error for step in report.steps if step.error]
    await aws.clock.sleep(7200)
    aws.sent.clear()
