"""A preview for the reviewer: every step in the order it will run, why, with which call, what it costs, what is suspicious."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from orchestrator.model import Declared, Finding, Graph, Kept, Plan, Preview, Ref, Step, Target, Task, Work, past_minute
from orchestrator.render import public, works
from orchestrator.render.moments import duration, span
from orchestrator.render.origins import begun
from orchestrator.render.stages import StageView, stages
from orchestrator.render.text.paint import ACTION_COLORS, LEVEL_COLORS, Paint
from orchestrator.render.text.words import called, clean, count, differences, spelled_out
from orchestrator.render.view import PLAIN, View

MARKS = {"create": "+", "update": "~", "delete": "-", "wait": "wait", "run": ">"}
WORDS = {"create": "create", "update": "update", "delete": "delete", "wait": "wait", "run": "run"}
NOWHERE, MEMORY = "none", "memory"
"""What `Kept.store` says of stores that are none, or end with the command."""
NAMED = 10
"""So many resources are named in one line; of the others only the number."""
LONGEST = 60
"""Columns for the words of a step; longer ones push what stands beside them to the next line."""
LINKS = 16
"""So many steps of the longest chain are written out."""


def preview(shown: Preview, view: View = PLAIN) -> str:
    """The whole preview; ends with one line that says what would happen."""
    page = _Page(shown, view, Paint(view.color))
    sections = [
        page.target(),
        *(page.plan(plan) for plan in page.plans()),
        page.unmanaged(),
        page.findings(),
        [*page.longest_chain(), *page.background(), page.verdict()],
    ]
    return "\n\n".join("\n".join(section) for section in map(list, sections) if section) + "\n"


@dataclass(frozen=True, slots=True)
class _Columns:
    """Widths that all steps share; `line` is that of the longest of their lines."""

    number: int
    mark: int
    summary: int
    call: int
    line: int

    @classmethod
    def of(cls, graph: Graph) -> "_Columns":
        number = len(str(len(graph)))
        mark = max((len(MARKS[step.action]) for step in graph), default=1)
        summary = min(max((len(clean(step.summary)) for step in graph), default=0), LONGEST)
        call = max((len(_operation(step)) for step in graph), default=0)
        last = max((len(_flag(step) + span(step.estimate)) for step in graph), default=0)
        return cls(number, mark, summary, call, line=sum((number, mark, summary, call, last)) + 10)


class _Page:
    """One preview being written: the parts that every section needs."""

    def __init__(self, shown: Preview, view: View, paint: Paint) -> None:
        self.shown = shown
        self.view = view
        self.paint = paint
        self.columns = _Columns.of(shown.graph)
        self.numbers: Mapping[str, int] = {step.id: number for number, step in enumerate(shown.graph, 1)}
        self.steps: Mapping[str, Step] = {step.id: step for step in shown.graph}

    # ------------------------------------------------------------------------------------------------------- plans

    def target(self) -> list[str]:
        kept = self.shown.kept
        return [f"Target: {where(self.shown.target)}", *([f"State:  {store(kept)}"] if kept else [])]

    def plans(self) -> Sequence[Plan]:
        """In the order in which their first steps will run; those without any last."""
        return sorted(
            self.shown.plans,
            key=lambda plan: self.first(step for step in self.shown.graph if step.ref.plan == plan.name),
        )

    def first(self, steps: Iterable[Step]) -> int:
        """The number of the first of them, above all numbers where there is none."""
        return min((self.numbers[step.id] for step in steps), default=len(self.numbers) + 1)

    def plan(self, plan: Plan) -> Iterator[str]:
        """The header, the lanes with steps, and in one line what is as planned already."""
        yield (
            self.paint("bold", f"Plan {plan.name}")
            + f"  {plan.file}"
            + (f"  {clean(plan.description)}" if plan.description else "")
        )
        own = [step for step in self.shown.graph if step.ref.plan == plan.name]
        for stage in stages(self.shown, plan):
            yield ""
            yield from self.stage(stage, plan)
        if not plan.stages:
            yield from self.lanes(plan, own)
        for item in plan.items:
            if item.ref in self.shown.unplanned and not any(step.ref.root == item.ref for step in own):
                yield ""
                yield f"{self.paint('bold', str(item.ref))}: its steps are not shown, for it has an error (below)."
        yield from self.at_rest(plan, {step.ref.root for step in own})

    def at_rest(self, plan: Plan, moving: Set[Ref]) -> Iterator[str]:
        """In one line each, what is as planned already and what was done before."""
        still = [str(item.ref) for item in plan.resources if item.ref not in moving | self.shown.unplanned]
        if still and not self.blocked():
            yield ""
            yield f"As planned already: {named(still)}"
        done = [task.ref for task in plan.tasks if task.ref in self.shown.remembered and task.ref not in moving]
        if done and not self.blocked():
            yield ""
            yield "Done before:"
            for ref in done:
                before = self.shown.remembered[ref]
                yield f"  {ref}, by run {clean(before.run)} ({past_minute(before.at)})"

    def stage(self, stage: StageView, plan: Plan) -> Iterator[str]:
        told = {
            "done": "done",
            "now": f"{count(len(stage.steps), 'step')}, {span(stage.estimate)}",
            "foretold": f"{count(len(stage.steps), 'step')}, {span(stage.estimate)}, as far as can be told now",
            "nothing_to_do": "nothing to change",
            "not_foretold": "planned once it is its turn",
        }
        yield f"{self.paint('bold', clean(stage.title))}: {told[stage.standing]}"
        yield from self.lanes(plan, stage.steps)

    def lanes(self, plan: Plan, steps: Sequence[Step]) -> Iterator[str]:
        """In the order in which their first steps will run."""
        of = {item.ref: [step for step in steps if step.ref.root == item.ref] for item in plan.items}
        for item in sorted(plan.items, key=lambda item: self.first(of[item.ref])):
            if lane := of[item.ref]:
                yield ""
                yield from self.lane(item, lane)

    def lane(self, declared: Declared | Task, steps: list[Step]) -> Iterator[str]:
        name = declared.name if isinstance(declared, Declared) else declared.ref.name
        head = self.paint("bold", str(declared.ref)) + (f" ({name})" if name != declared.ref.name else "")
        order = ", one after the other" if len(steps) > 1 else ""
        yield f"{head}: {count(len(steps), 'step')}{order}"
        for need in sorted({need.root for need in declared.needs} & self.shown.unplanned):
            yield f"  after {need}, whose steps are not shown"
        for busy in self.shown.foreign:
            if busy.ref == declared.ref:
                yield f"  busy: {clean(busy.status)} ({clean(begun(busy.sighting))})"
        for step in steps:
            yield from self.step(step)

    def step(self, step: Step) -> Iterator[str]:
        columns, color = self.columns, ACTION_COLORS[step.action]
        flag = self.paint("red" if step.destructive else "dim", _flag(step))
        mark = self.paint(color, f"{MARKS[step.action]:{columns.mark}}")
        number = f"{self.numbers[step.id]:>{columns.number}}"
        inset = " " * (columns.number + columns.mark + 6)
        words = clean(step.summary)
        if self.view.width is not None and columns.line > self.view.width:
            call = self.paint("dim", f"{_operation(step)}  " if step.call else "")
            yield f"  {number}  {mark}  {words}"
            yield f"{inset}{call}{flag}{span(step.estimate)}"
        else:
            call = self.paint("dim", f"{_operation(step):{columns.call}}")
            if len(words) > columns.summary:
                yield f"  {number}  {mark}  {words}"
                yield f"{inset}{'':{columns.summary}}  {call}  {flag}{span(step.estimate)}"
            else:
                yield f"  {number}  {mark}  {words:{columns.summary}}  {call}  {flag}{span(step.estimate)}"
        for change in step.because:
            yield from (f"{inset}{line}" for line in differences(change))
        if step.work is not None:
            yield from (f"{inset}{clean(line)}" for line in self.task(step, step.work))
        if needs := self.needs(step):
            yield f"{inset}after {needs}"
        if step.pause:
            yield f"{inset}not before {self.earliest(step)}"
        if self.view.requests and step.call:
            yield from self.request(step, inset)

    def task(self, step: Step, work: Work) -> Iterator[str]:
        """What a task does, why again, and what it would find."""
        if step.again:
            yield step.again
        yield from works.told(work)
        if step.ref in self.shown.samples:
            yield from works.counted(self.shown.samples[step.ref])

    def needs(self, step: Step) -> str:
        """What of other lanes must be done first, the last step of each; what comes before it goes without saying."""
        foreign = [self.steps[need] for need in step.needs if need in self.steps and self.steps[need].lane != step.lane]
        last = {need.lane: need for need in sorted(foreign, key=lambda need: self.numbers[need.id])}
        return ", ".join(
            f"step {self.numbers[need.id]} ({called(need.ref.root, several=need.ref.plan != step.ref.plan)})"
            for need in last.values()
        )

    def earliest(self, step: Step) -> str:
        """When AWS takes the call, at the earliest: so long after the step before on its lane."""
        lane = [self.numbers[need] for need in step.needs if need in self.steps and self.steps[need].lane == step.lane]
        return f"{duration(step.pause)} after {f'step {max(lane)}' if lane else 'the step before'}"

    def request(self, step: Step, inset: str) -> Iterator[str]:
        assert step.call is not None
        yield f"{inset}{step.call.title}"
        body = json.dumps(spelled_out(public.request(step.call)), indent=2, ensure_ascii=True)
        yield from (f"{inset}{line}" for line in body.splitlines())

    # --------------------------------------------------------------------------------------------- around the steps

    def unmanaged(self) -> Iterator[str]:
        if not self.shown.unmanaged:
            return
        yield self.paint("bold", "Live, but not in the plan; left alone:")
        things: dict[tuple[str, str], list[str]] = {}
        for thing in self.shown.unmanaged:
            name = called(thing.ref, several=len(self.shown.plans) > 1)
            things.setdefault((name, thing.sort), []).append(clean(thing.name))
        for (ref, sort), names in things.items():
            yield f"  {ref}: {sort} {named(names)}"

    def findings(self) -> Iterator[str]:
        if not self.shown.findings:
            return
        yield self.paint("bold", "Findings:")
        for finding in self.shown.findings:
            yield from self.finding(finding)

    def finding(self, finding: Finding) -> Iterator[str]:
        level = self.paint(LEVEL_COLORS[finding.level], finding.level)
        at = f"{finding.where}: " if finding.where else ""
        yield f"  {level}  {at}{clean(finding.message)} [{finding.code}]"
        if finding.action:
            yield f"    {clean(finding.action)}"

    def longest_chain(self) -> Iterator[str]:
        if len(self.shown.graph) < 2 or not self.shown.critical_path:
            return
        chain = [str(self.numbers[step]) for step in self.shown.critical_path]
        if len(chain) > LINKS:
            chain[LINKS // 2 : -LINKS // 2] = ["..."]
        yield f"Longest chain: {'steps' if len(chain) > 1 else 'step'} {' > '.join(chain)}, {span(self.shown.estimate)}."

    def background(self) -> Iterator[str]:
        """What of the steps a start-up waits for (plan language, Gates)."""
        late = sum(step.gate == "background" for step in self.shown.graph)
        start = len(self.shown.graph) - late
        if late:
            waits = f"waits for {count(start, 'step')}, not for" if start else "does not wait for"
            yield f"A start-up {waits} the {late} in the background."

    # -------------------------------------------------------------------------------------------------- the last line

    def blocked(self) -> int:
        """How many errors stand in the way of any step."""
        return sum(finding.level == "error" for finding in self.shown.findings)

    def verdict(self) -> str:
        if errors := self.blocked():
            return self.paint("red", f"{count(errors, 'error')}: nothing can be applied before the plan is corrected.")
        if not self.shown.graph.steps:
            return self.paint("green", "Nothing to change.")
        refused = sum(finding.refuses for finding in self.shown.findings)
        text = summary(self.shown.graph.steps)
        if refused:
            return self.paint("red", f"{text} Apply refuses: {count(refused, 'finding')} above must be allowed first.")
        return f"{text} {self.view.advice}".rstrip()


def summary(steps: Iterable[Step]) -> str:
    """`9 steps: 3 create, 4 update, 1 delete, 1 wait; 1 destructive; 2 in the background.`"""
    steps = tuple(steps)
    actions = Counter[str](step.action for step in steps)
    parts = ", ".join(f"{actions[action]} {word}" for action, word in WORDS.items() if actions[action])
    destructive = sum(step.destructive for step in steps)
    late = sum(step.gate == "background" for step in steps)
    told = f"{f'; {destructive} destructive' if destructive else ''}{f'; {late} in the background' if late else ''}"
    return f"{count(len(steps), 'step')}: {parts}{told}."


def store(kept: Kept) -> str:
    """Where runs and locks are kept, and what a reader should know of that."""
    if kept.store == NOWHERE:
        return "none: no lock is held across processes"
    if kept.store == MEMORY:
        return "in memory, for this command only"
    told = {
        True: "",
        False: ", which the first run with something to do will create",
        None: ", which can't be used (below)",
    }
    return clean(kept.store) + told[kept.exists]


def where(target: Target) -> str:
    """`account 123456789012, region eu-west-1, endpoint http://…`."""
    endpoint = f", endpoint {target.endpoint}" if target.endpoint else ""
    return f"account {target.account}, region {target.region}{endpoint}"


def named(names: list[str]) -> str:
    """The names, or the first of them and how many more there are."""
    more = len(names) - NAMED
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:NAMED])} and {more} more"


def _flag(step: Step) -> str:
    flags = (("destructive", step.destructive), ("background", step.gate == "background"))
    return "".join(f"{word}  " for word, holds in flags if holds)


def _operation(step: Step) -> str:
    """`UpdateTable`, or `UpdateTable in us-west-2`."""
    return step.call.title.removeprefix(f"{step.call.service}:") if step.call else ""
