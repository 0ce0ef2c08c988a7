"""Plans and a picture of live state become a graph of steps. Pure: the same input gives the same graph, byte for byte.

Five words of time, here and wherever they are used:

- a *stage* is what a plan states in one of its `stages`;
- a *leg* is what of a plan is compiled as one: a stage, with all that those before it say, or a plan without stages as a whole;
- a plan's *course* is its way through its legs: which are behind it, and which comes next (`courses`);
- a *wave* is the next leg of each plan that can go on: what is done side by side (`wave`). The first is compiled for the
  world as it is, each later one for the world that is foretold of those before it;
- a *round* is what a run executes at once: the first wave, the later ones being only shown. Then live state is looked at
  once more and all is compiled anew, for the next round (`engine/rounds.py`).
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
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
from orchestrator.planning.courses import Course, begun, ready, required
from orchestrator.planning.findings import credentials_expire, destructive_refused, readers_moved
from orchestrator.planning.foretold import Foretell, Foretold
from orchestrator.planning.past import NOTHING, Past
from orchestrator.planning.reach import ALL, Reach
from orchestrator.planning.undone import Undone
from orchestrator.planning.wave import Picture, Wave, compiled, renumbered


def compile_plans(
    plans: Sequence[Plan],
    world: World,
    target: Target,
    *,
    now: float,
    allow_destructive: bool = False,
    wait: Wait = "gate",
    past: Past = NOTHING,
    reach: Reach = ALL,
    foretell: Foretell | None = None,
) -> Preview:
    """What an apply of `plans` would do now. `world` holds a Live (or None) for every declared root, as of `now` (epoch).

    `wait` is what that apply would wait for: only this counts in the estimate. `past` is what is remembered of tasks and
    stages, `reach` what the run is kept to. Without `foretell` nothing is told of later waves.
    """
    courses = begun(plans, past)
    for name in reach.without:
        courses[name].stop()
    compiler = _Compiler(courses, target, foretell, reach)
    compiler.run(Picture(world, now, target.region, past.after(reach.done), lanes=reach.lanes))
    graph = Graph(tuple(_sorted(compiler.steps)))
    findings = list(dict.fromkeys(readers_moved(compiler.findings, graph, plans)))
    findings += destructive_refused(graph, plans, findings, allow_destructive=allow_destructive)
    told = graph if wait == "all" else waited_for(graph)
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
        foretold={name: course.behind for name, course in courses.items() if course.plan.stages},
        remembered=past.tasks,
    )


class _Compiler:
    """Goes through the waves. What it found is in its attributes."""

    def __init__(self, courses: Mapping[str, Course], target: Target, foretell: Foretell | None, reach: Reach) -> None:
        self.steps: list[Step] = []
        self.findings: list[Finding] = []
        self.unmanaged: list[Unmanaged] = []
        self.called: dict[Ref, Ref] = {}
        self.passed: Mapping[str, tuple[str, ...]] = {}
        """The digests of the stages that are behind each plan in stages, before anything is done."""
        self._unnamed: frozenset[Unmanaged] | None = None
        """What no stage of its plan names, nor takes away; None where each plan is in its last one."""
        self._courses = courses
        self._target = target
        self._foretell = foretell
        self._reach = reach
        self._undone = Undone(courses, reach)

    def run(self, picture: Picture) -> None:
        whole = self._whole(picture)
        if whole is not None:
            self._skip_what_holds(whole, picture.past)
            self._unnamed = frozenset(_unmanaged(whole))
        wave, number = self._next(picture), 0
        self.passed = {name: course.passed for name, course in self._courses.items() if course.plan.stages}
        while wave is not None:
            legs = [leg for leg in wave.legs if wave.of(leg.name)]
            steps = self._placed(wave, number, legs)
            for leg in legs:
                if leg is self._courses[leg.name].next:
                    self._courses[leg.name].pass_on()
            self._tell_what_waits(wave)
            for name in wave.waiting:
                self._courses[name].stop()
            if wave.mistaken or not any(course.next for course in self._courses.values()):
                break
            after = self._after(picture, legs, steps)
            if after is None:
                break
            picture, number = after, number + 1
            wave = self._next(picture)

    def _whole(self, picture: Picture) -> Wave | None:
        """What there is to do if the plans are taken for what their stages come to; None where no plan has several to go."""
        if not self._staged():
            return None
        return compiled([course.plan for course in self._courses.values()], replace(picture, lanes=None))

    def _staged(self) -> Sequence[Course]:
        """The courses with more than one leg to go."""
        return [course for course in self._courses.values() if course.next and not course.last]

    def _skip_what_holds(self, whole: Wave, past: Past) -> None:
        """Nothing is to be done of a plan whose stages come to what is there already, whatever they say on the way, and of whose
        tasks none is due; where that is so but for tasks that are always done, the last stage does them.
        """
        for course in self._staged():
            name, steps = course.plan.name, whole.of(course.plan.name)
            held_up = whole.mistaken_in(name) or name in whole.waiting or _left_out(course.plan, past)
            if held_up or not all(step.always for step in steps):
                continue
            while course.next and not (steps and course.last):
                course.pass_on()

    def _next(self, picture: Picture) -> Wave | None:
        """What is to be done next, None at the end. A leg that turns out to need nothing is passed, and the next looked at."""
        while legs := ready(self._courses):
            wave = compiled(legs, picture)
            if undone := self._undone.of(wave, picture):
                left = [leg for leg in legs if undone.keys().isdisjoint(required(leg, self._courses))]
                legs = [undone.get(leg.name, leg) for leg in left]
                wave = self._undone.wanted(compiled(legs, picture), undone)
            if behind := self._behind([leg for leg in legs if leg.name not in wave.waiting], wave.waiting):
                for plan in behind:
                    self._courses[plan.name].stop()
                continue
            held = {leg.name for leg in legs if wave.mistaken_in(leg.name)} | wave.waiting | undone.keys()
            idle = [leg.name for leg in legs if leg.name not in held and self._idle(wave.of(leg.name), leg)]
            for name in idle:
                self._courses[name].pass_on()
            self._tell(wave)
            if not any(self._courses[name].next for name in idle):
                return wave
        return None

    def _behind(self, plans: Iterable[Plan], waiting: Set[str]) -> Sequence[Plan]:
        """Those of `plans` that can't be begun: what they require is `waiting` for other runs."""
        return [plan for plan in plans if not waiting.isdisjoint(required(plan, self._courses))]

    def _tell_what_waits(self, wave: Wave) -> None:
        """A notice for each stage, and each plan, that comes after what waits for other runs."""
        left: list[str] = []
        for leg in wave.legs:
            if leg.name in wave.waiting and leg.stage:
                stages = self._courses[leg.name].legs
                left += [f"Stage {stage.stage} of plan {leg.name}" for stage in stages[stages.index(leg) + 1 :]]
        others = [course.plan for name, course in self._courses.items() if name not in wave.waiting and course.left]
        left += [f"Plan {plan.name}" for plan in self._behind(others, wave.waiting)]
        message = "{} waits until all that comes before it is done, of which other jobs do their shares."
        action = "Run it once more after all jobs have ended."
        self.findings += [Finding("notice", "shares-open", message.format(one), action) for one in left]

    def _idle(self, steps: Sequence[Step], leg: Plan) -> bool:
        return not steps or (not self._courses[leg.name].last and all(map(self._reach.leaves, steps)))

    def _tell(self, wave: Wave) -> None:
        self.findings += wave.findings
        self.unmanaged += [thing for thing in _unmanaged(wave) if self._unnamed is None or thing in self._unnamed]
        for item in wave.compiled.values():
            self.called.update(item.diff.called)

    def _placed(self, wave: Wave, number: int, legs: Sequence[Plan]) -> Sequence[Step]:
        """The steps of a wave, with ids and needs that hold in the whole graph."""
        steps: list[Step] = []
        for leg in legs:
            own = [replace(step, stage=leg.stage, wave=number) for step in wave.of(leg.name)]
            steps += [_prefixed(step) for step in own] if len(self._courses) > 1 else own
        steps = renumbered(steps, [step.id for step in self.steps])
        awaited = {leg.name: self._awaited(leg, steps) for leg in legs}
        placed = [replace(step, needs=step.needs or awaited[step.ref.plan]) for step in steps]
        self.steps += placed
        return placed

    def _awaited(self, leg: Plan, steps: Sequence[Step]) -> tuple[str, ...]:
        """What the first steps of a leg come after: the last ones of the stage before it, and of the plans it requires."""
        awaited = _end([step for step in self.steps if step.ref.plan == leg.name])
        for plan in required(self._courses[leg.name].plan, self._courses):
            awaited += _end([step for step in (*self.steps, *steps) if step.ref.plan == plan])
        return tuple(dict.fromkeys(awaited))

    def _after(self, picture: Picture, legs: Sequence[Plan], steps: Sequence[Step]) -> Picture | None:
        """The picture that is foretold; None where there is none."""
        if self._foretell is None:
            return None
        graph = Graph(tuple(_sorted(steps)))
        now = Foretold(picture.world, picture.made_up)
        found = self._foretell(now, legs, graph, self._target, picture.now)
        if isinstance(found, Foretold):
            past = picture.past.after({step.ref: step.task.work for step in steps if step.task})
            return replace(picture, world=found.world, made_up={**picture.made_up, **found.made_up}, past=past)
        message = f"What comes of {found.ref} can't be told beforehand: {found.reason}."
        action = "The stages after it are planned, and refused where they must be, once it is their turn."
        self.findings.append(Finding("notice", "not-foretold", message, action, found.ref))
        return None


def _unmanaged(wave: Wave) -> Iterator[Unmanaged]:
    """What is live in it, and not named by what is compiled there."""
    return (thing for item in wave.compiled.values() for thing in item.diff.unmanaged)


def _left_out(plan: Plan, past: Past) -> bool:
    """Whether a task is due that the last stage has none of any more, for it takes away what that works on."""
    kept = {task.ref for task in plan.tasks}
    return any(task.ref not in kept and task.ref not in past.tasks and task.run != "always" for task in plan.all_tasks)


def _end(steps: Sequence[Step]) -> list[str]:
    """Those of the last wave that no other one comes after, background work apart: nothing with `gate: start` waits for that."""
    waited_for = [step for step in steps if step.wave == steps[-1].wave and step.gate == "start"]
    needed = {need for step in waited_for for need in step.needs}
    return [step.id for step in waited_for if step.id not in needed]


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


def waited_for(graph: Graph) -> Graph:
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
