"""Plans and a picture of live state become a graph of steps. Pure: the same input gives the same graph, byte for byte.

`compile_plans` goes through the resources so that each comes after what it refers to, asks its kind for the difference and
for the lane's steps, then chains lanes, draws edges between them and numbers the ids.
"""

import heapq
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from orchestrator.kinds import ROOTS, attribute
from orchestrator.kinds.contract import Context
from orchestrator.model import (
    NO_TIME,
    Declared,
    Estimate,
    Finding,
    FromLive,
    FromRun,
    Graph,
    Plan,
    Position,
    Preview,
    Ref,
    Step,
    Target,
    Text,
    Wait,
    World,
    dotted,
    unplanned,
)
from orchestrator.planning import ending_streams
from orchestrator.planning.chaining import Compiled, chained
from orchestrator.planning.draining import drained
from orchestrator.planning.estimate import estimated
from orchestrator.planning.findings import credentials_expire, destructive_refused
from orchestrator.planning.late import lacking

NUMBERED = re.compile(r"-\d+$")
"""The number that tells a step from others of its setting."""


def compile_plans(
    plans: Sequence[Plan],
    world: World,
    target: Target,
    *,
    now: float,
    allow_destructive: bool = False,
    wait: Wait = "gate",
) -> Preview:
    """What an apply of `plans` would do now. `world` holds a Live (or None) for every declared root, as of `now` (epoch).

    `wait` is what that apply would wait for: only this counts in the estimate.
    """
    compiled: dict[Ref, Compiled] = {}
    for plan, declared in _in_order_of_need(plans):
        compiled[declared.ref] = _compile(plan, declared, world, compiled, now, target.region)
    compiled = ending_streams.refused(compiled, plans, world)
    readers = drained(root.steps for root in compiled.values())
    compiled = {ref: replace(root, steps=readers.ordered(root.steps)) for ref, root in compiled.items()}
    steps = chained(compiled, [compiled[declared.ref] for plan in plans for declared in plan.resources], readers)
    if len(plans) > 1:
        steps = [_prefixed(step) for step in steps]
    graph = Graph(tuple(_sorted(steps)))
    findings = [finding for item in compiled.values() for finding in item.diff.findings]
    findings += ending_streams.unread(compiled, plans, world)
    findings += destructive_refused(graph, plans, findings, allow_destructive=allow_destructive)
    told = graph if wait == "all" else _waited_for(graph)
    # How long the rest takes says nothing while steps of which others may rest are not known.
    path, total = ((), NO_TIME) if unplanned(findings) else critical_path(told)
    if wait != "none":
        findings += credentials_expire(target, total, now)
    return Preview(
        plans=tuple(plans),
        target=target,
        graph=graph,
        findings=tuple(sorted(findings, key=_severity)),
        unmanaged=tuple(thing for item in compiled.values() for thing in item.diff.unmanaged),
        estimate=total,
        critical_path=path,
        called={live: stated for item in compiled.values() for live, stated in item.diff.called.items()},
    )


def _severity(finding: Finding) -> tuple[int, bool, Position]:
    return ("error", "warning", "notice").index(finding.level), not finding.refuses, finding.where or Position("", 0, 0)


# ---------------------------------------------------------------------------------------------------- one resource


def _compile(
    plan: Plan, declared: Declared, world: World, compiled: Mapping[Ref, Compiled], now: float, region: str
) -> Compiled:
    """The difference and the lane of one root; what it refers to is compiled already."""

    def lookup(late: FromLive | FromRun) -> str | None:
        if isinstance(late, FromRun):
            return None
        root = compiled.get(late.ref.root)
        if root is None or late.field in root.diff.changing:
            return None
        return attribute(late, world[late.ref.root], root.declared)

    def known(value: str | Text) -> str | Text:
        return value if isinstance(value, str) else value.resolved(lookup)

    def where(ref: Ref, field: str) -> Position | None:
        return plan.where((*ref.path, *(field.split(".") if field else ())))

    def ends(stream: str) -> bool:
        found = (ending_streams.ending(root, world) for root in compiled.values())
        return any(end is not None and end.arn == stream for end in found)

    kind, live = ROOTS[declared.ref.section], world[declared.ref]
    context = Context(policy=plan.policy, known=known, where=where, now=now, region=region, ends=ends)
    diff = kind.diff(declared, live, context)
    dangling = tuple(_dangling(plan, declared, world, compiled))
    diff = replace(diff, findings=(*dangling, *diff.findings))
    if any(finding.level == "error" for finding in diff.findings):
        return Compiled(declared, diff, ())
    steps = kind.steps(declared, live, diff, context)
    return Compiled(declared, diff, tuple(estimated(step) for step in _numbered(steps)))


def _dangling(plan: Plan, declared: Declared, world: World, compiled: Mapping[Ref, Compiled]) -> Iterator[Finding]:
    """An error for each attribute that the declaration refers to and that nothing has or gives: no call could name it."""
    for late, path in declared.late.items():
        root = compiled[late.ref.root]
        basis = lacking(late, root.declared, root.diff, world[late.ref.root])
        if basis is not None:
            message = f"{dotted(path)}: {late.ref} has no `{late.field}`, and this plan gives it none."
            action = f"State {basis.stated} there, or remove the reference."
            yield Finding("error", "dangling-reference", message, action, declared.ref, plan.where(path))


def _in_order_of_need(plans: Sequence[Plan]) -> list[tuple[Plan, Declared]]:
    """Every resource after those it refers to, else in the order written. The loader has refused cycles."""
    resources = {declared.ref: (plan, declared) for plan in plans for declared in plan.resources}
    ordered: dict[Ref, tuple[Plan, Declared]] = {}
    for start in resources:
        stack = [(start, False)]
        while stack:
            ref, ready = stack.pop()
            if ref in ordered or ref not in resources:
                continue
            if ready:
                ordered[ref] = resources[ref]
                continue
            stack.append((ref, True))
            stack += [(need.root, False) for need in sorted(resources[ref][1].needs, reverse=True)]
    return list(ordered.values())


# ---------------------------------------------------------------------------------------------------- the graph


def _numbered(steps: Sequence[Step]) -> list[Step]:
    """Steps of one setting get -1, -2, … where there are several."""
    total, seen = Counter(step.id for step in steps), Counter[str]()
    numbered = []
    for step in steps:
        seen[step.id] += 1
        numbered.append(step if total[step.id] == 1 else replace(step, id=f"{step.id}-{seen[step.id]}"))
    return numbered


def _prefixed(step: Step) -> Step:
    """Ids carry the plan where several are given; needs never cross plans."""
    return replace(step, id=f"{step.ref.plan}/{step.id}", needs=tuple(f"{step.ref.plan}/{need}" for need in step.needs))


def renumbered(graph: Graph, taken: Collection[str]) -> Graph:
    """The same graph with ids that are not `taken`: `tables.orders:update-ttl-2` for a second one in a run."""
    names: dict[str, str] = {}
    for step in graph:
        base, number = NUMBERED.sub("", step.id), 2
        name = step.id
        while name in taken or name in names.values():
            name, number = f"{base}-{number}", number + 1
        names[step.id] = name
    return Graph(
        tuple(replace(step, id=names[step.id], needs=tuple(names[need] for need in step.needs)) for step in graph)
    )


def _sorted(steps: Sequence[Step]) -> Iterable[Step]:
    """No step before one it needs; among those that may come next, the first one written."""
    rank = {step.id: index for index, step in enumerate(steps)}
    waiting = {step.id: len(step.needs) for step in steps}
    after: dict[str, list[str]] = defaultdict(list)
    for step in steps:
        for need in step.needs:
            after[need].append(step.id)
    ready = [rank[step.id] for step in steps if not step.needs]
    heapq.heapify(ready)
    while ready:
        step = steps[heapq.heappop(ready)]
        yield step
        for follower in after[step.id]:
            waiting[follower] -= 1
            if not waiting[follower]:
                heapq.heappush(ready, rank[follower])


def _waited_for(graph: Graph) -> Graph:
    """What a start-up waits for."""
    return Graph(tuple(step for step in graph if step.gate == "start"))


def critical_path(graph: Graph) -> tuple[tuple[str, ...], Estimate]:
    """The chain of steps that is likely to take longest, and its estimate: what a whole run takes at least."""
    best: dict[str, tuple[Estimate, tuple[str, ...]]] = {}
    for step in graph:
        needed = (best[need] for need in step.needs if need in best)
        before, path = max(needed, key=lambda item: item[0].likely, default=(NO_TIME, ()))
        best[step.id] = (before + step.estimate, (*path, step.id))
    total, path = max(best.values(), key=lambda item: item[0].likely, default=(NO_TIME, ()))
    return path, total
