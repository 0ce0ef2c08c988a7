"""Plans and a picture of live state become a graph of steps. Pure: the same input gives the same graph, byte for byte.

What can be done at once is compiled by `wave`. A plan in stages goes through several: the first is compiled for the world as it
is, each later one for the world that is foretold of those before it, and compiled anew once they are done.
"""

import heapq
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace

from orchestrator.model import (
    NO_TIME,
    Estimate,
    Finding,
    Graph,
    Plan,
    Position,
    Preview,
    Ref,
    Step,
    Target,
    Unmanaged,
    Wait,
    World,
    unplanned,
)
from orchestrator.planning.courses import Course, courses, ready, required
from orchestrator.planning.findings import credentials_expire, destructive_refused
from orchestrator.planning.foretold import Foretell, Foretold
from orchestrator.planning.past import NOTHING, Past
from orchestrator.planning.wave import Picture, Wave, compiled, renumbered

Beside = Callable[[Step], bool]
"""Whether a step is none that a later stage waits for: AWS takes it only after a known time."""


def compile_plans(
    plans: Sequence[Plan],
    world: World,
    target: Target,
    *,
    now: float,
    allow_destructive: bool = False,
    wait: Wait = "gate",
    past: Past = NOTHING,
    foretell: Foretell | None = None,
    beside: Beside = lambda _: False,
    merged: bool = False,
    lanes: Set[str] | None = None,
    without: Collection[str] = (),
) -> Preview:
    """What an apply of `plans` would do now. `world` holds a Live (or None) for every declared root, as of `now` (epoch).

    `wait` is what that apply would wait for: only this counts in the estimate. `past` is what is remembered of tasks and
    stages. Without `foretell` nothing is told of later stages; `merged`: plans are taken for what their stages come to. `lanes`
    are those that the run may change something on, where it is kept to some. Of plans that it is to be `without`
    nothing is done.
    """
    ways = {plan.name: Course(plan, [plan]) for plan in plans} if merged else courses(plans, past)
    for name in without:
        ways[name].left = []
    compiler = _Compiler(ways, target, foretell, beside)
    compiler.run(Picture(world, now, target.region, past, lanes=lanes))
    graph = Graph(tuple(_sorted(compiler.steps)))
    findings = list(dict.fromkeys(compiler.findings))
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
        unmanaged=tuple(dict.fromkeys(compiler.unmanaged)),
        estimate=total,
        critical_path=path,
        called=compiler.called,
        passed=compiler.passed,
        remembered=past.tasks,
    )


class _Compiler:
    """Goes through the waves. What it found is in its attributes."""

    def __init__(self, ways: Mapping[str, Course], target: Target, foretell: Foretell | None, beside: Beside) -> None:
        self.steps: list[Step] = []
        self.findings: list[Finding] = []
        self.unmanaged: list[Unmanaged] = []
        self.called: dict[Ref, Ref] = {}
        self.passed: dict[str, tuple[str, ...]] = {}
        """The digests of the stages that are behind each plan in stages, before anything is done."""
        self._ways = ways
        self._target = target
        self._foretell = foretell
        self._beside = beside

    def run(self, picture: Picture) -> None:
        self._skip_what_holds(picture)
        number = 0
        while parts := ready(self._ways):
            wave = self._wave(parts, picture)
            if wave is None:
                continue
            if not number:
                self.passed = {name: tuple(way.passed) for name, way in self._ways.items() if way.plan.stages}
            parts = [part for part in parts if wave.of(part.name)]
            some = self._placed(wave, number, parts)
            for part in parts:
                self._ways[part.name].pass_on()
            for name in wave.waiting:
                self._ways[name].left = []
            if wave.mistaken or not any(way.left for way in self._ways.values()):
                break
            after = self._after(picture, parts, some)
            if after is None:
                break
            picture, number = after, number + 1
        if not number and not self.passed:
            self.passed = {name: tuple(way.passed) for name, way in self._ways.items() if way.plan.stages}

    def _skip_what_holds(self, picture: Picture) -> None:
        """Nothing is to be done of a plan whose stages come to what is there already, whatever they say on the way; where that
        is so but for tasks that are always done, the last stage does them.
        """
        staged = [way for way in self._ways.values() if len(way.left) > 1]
        if not staged:
            return
        whole = compiled([way.plan for way in self._ways.values()], picture)
        for way in staged:
            steps = whole.of(way.plan.name)
            if whole.mistaken_in(way.plan.name) or not all(map(_always, steps)):
                continue
            while way.left and not (steps and way.last):
                way.pass_on()

    def _wave(self, parts: Sequence[Plan], picture: Picture) -> Wave | None:
        """What is to be done next; None where a stage turned out to need nothing, so that the one after it can be looked at."""
        wave = compiled(parts, picture)
        held = {part.name for part in parts if wave.mistaken_in(part.name)} | wave.waiting
        idle = [part for part in parts if part.name not in held and self._idle(wave.of(part.name), part)]
        for part in idle:
            self._ways[part.name].pass_on()
        self._tell(wave)
        return None if any(self._ways[part.name].left for part in idle) else wave

    def _idle(self, steps: Sequence[Step], part: Plan) -> bool:
        return not steps or (not self._ways[part.name].last and all(map(self._beside, steps)))

    def _tell(self, wave: Wave) -> None:
        self.findings += wave.findings
        self.unmanaged += [thing for item in wave.compiled.values() for thing in item.diff.unmanaged]
        for item in wave.compiled.values():
            self.called.update(item.diff.called)

    def _placed(self, wave: Wave, number: int, parts: Sequence[Plan]) -> Sequence[Step]:
        """The steps of a wave, with ids and needs that hold in the whole graph."""
        steps: list[Step] = []
        for part in parts:
            own = [replace(step, stage=part.stage, wave=number) for step in wave.of(part.name)]
            steps += [_prefixed(step) for step in own] if len(self._ways) > 1 else own
        steps = renumbered(steps, [step.id for step in self.steps])
        awaited = {part.name: self._awaited(part, steps) for part in parts}
        placed = [replace(step, needs=step.needs or awaited[step.ref.plan]) for step in steps]
        self.steps += placed
        return placed

    def _awaited(self, part: Plan, steps: Sequence[Step]) -> tuple[str, ...]:
        """What the first steps of a part come after: the last ones of the stage before it, and of the plans it requires."""
        before = [step for step in self.steps if step.ref.plan == part.name]
        awaited = _last([step for step in before if step.wave == before[-1].wave]) if before else []
        for plan in required(self._ways[part.name].plan, self._ways):
            awaited += _last([step for step in steps if step.ref.plan == plan])
        return tuple(dict.fromkeys(awaited))

    def _after(self, picture: Picture, parts: Sequence[Plan], steps: Sequence[Step]) -> Picture | None:
        """The picture that is foretold; None where there is none."""
        if self._foretell is None:
            return None
        graph = Graph(tuple(_sorted(steps)))
        found = self._foretell(picture.world, parts, graph, self._target, picture.now)
        if isinstance(found, Foretold):
            done = {step.ref: step.task.work for step in steps if step.task is not None}
            past = picture.past.after(done)
            return replace(picture, world=found.world, past=past, made_up={**picture.made_up, **found.made_up})
        message = f"What comes of {found.ref} can't be told beforehand: {found.reason}."
        action = "The stages after it are planned, and refused where they must be, once it is their turn."
        self.findings.append(Finding("notice", "not-foretold", message, action, found.ref))
        return None


def _always(step: Step) -> bool:
    """Whether it is to be done whatever holds."""
    return step.task is not None and step.task.run == "always"


def _last(steps: Sequence[Step]) -> list[str]:
    """Those that no other one comes after, without background work unless there is nothing else."""
    needed = {need for step in steps for need in step.needs}
    ends = [step for step in steps if step.id not in needed]
    return [step.id for step in ends if step.gate == "start"] or [step.id for step in ends]


def _severity(finding: Finding) -> tuple[int, bool, Position]:
    return ("error", "warning", "notice").index(finding.level), not finding.refuses, finding.where or Position("", 0, 0)


def _prefixed(step: Step) -> Step:
    """Ids carry the plan where several are given; needs cross plans only where one requires another."""
    return replace(step, id=f"{step.ref.plan}/{step.id}", needs=tuple(f"{step.ref.plan}/{need}" for need in step.needs))


def _sorted(steps: Sequence[Step]) -> Iterator[Step]:
    """No step before one it needs; among those that may come next, the first one written."""
    rank = {step.id: index for index, step in enumerate(steps)}
    needs = {step.id: [need for need in step.needs if need in rank] for step in steps}
    waiting = {step.id: len(needs[step.id]) for step in steps}
    after: dict[str, list[str]] = defaultdict(list)
    for step in steps:
        for need in needs[step.id]:
            after[need].append(step.id)
    ready = [rank[step.id] for step in steps if not needs[step.id]]
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


def critical_path(steps: Iterable[Step]) -> tuple[tuple[str, ...], Estimate]:
    """The chain of steps that is likely to take longest, and its estimate: what a whole run takes at least."""
    best: dict[str, tuple[Estimate, tuple[str, ...]]] = {}
    for step in steps:
        needed = (best[need] for need in step.needs if need in best)
        before, path = max(needed, key=lambda item: item[0].likely, default=(NO_TIME, ()))
        best[step.id] = (before + step.estimate, (*path, step.id))
    total, path = max(best.values(), key=lambda item: item[0].likely, default=(NO_TIME, ()))
    return path, total
