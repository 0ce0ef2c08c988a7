"""A wave, what can be done at once: the next leg of each plan, and a picture of live state, become steps.

Goes through tables, functions and tasks so that each comes after what it refers to, asks its kind for the difference and for
the lane's steps, then chains lanes, draws edges between them and numbers the ids.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from orchestrator.kinds import ROOTS, attribute
from orchestrator.kinds.contract import Context, Diff
from orchestrator.kinds.function.spec import FUNCTIONS
from orchestrator.model import (
    Declared,
    Finding,
    FromLive,
    FromRun,
    Plan,
    Position,
    Ref,
    Step,
    Task,
    Text,
    World,
    dotted,
)
from orchestrator.planning import ending_streams, invoked
from orchestrator.planning.chaining import Compiled, chained
from orchestrator.planning.draining import drained
from orchestrator.planning.due import due
from orchestrator.planning.estimate import estimated
from orchestrator.planning.foretold import open_again
from orchestrator.planning.late import lacking
from orchestrator.planning.past import Past
from orchestrator.planning.shares import apart

NUMBERED = re.compile(r"-\d+$")
"""The number that tells a step from others of its setting."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What plans are compared with: the world as of `now` (epoch) in `region`, and what is remembered.

    `made_up` are the attributes that AWS will choose otherwise, and what stands for them in a world that is foretold.
    """

    world: World
    now: float
    region: str
    past: Past
    made_up: Mapping[FromLive, str] = field(default_factory=dict)
    lanes: Set[str] | None = None
    """What the run may change; None: all of it."""


@dataclass(frozen=True, slots=True)
class Wave:
    """What there is to do now, and what of it a reviewer should know. Ids are unique within each plan."""

    legs: Sequence[Plan]
    compiled: Mapping[Ref, Compiled]
    steps: tuple[Step, ...]
    findings: tuple[Finding, ...]
    waiting: frozenset[str] = frozenset()
    """The plans that can't go on before other jobs have done their share, or what this run does not hold."""

    def of(self, plan: str) -> Sequence[Step]:
        return [step for step in self.steps if step.ref.plan == plan]

    def but(self, left: Set[tuple[str, str]]) -> "Wave":
        """The same without these steps, each by its plan and id."""
        return replace(self, steps=tuple(step for step in self.steps if (step.ref.plan, step.id) not in left))

    def mistaken_in(self, plan: str) -> bool:
        """Whether something stands in the way of telling all the steps of `plan`."""
        return any(one.level == "error" and one.ref is not None and one.ref.plan == plan for one in self.findings)

    @property
    def mistaken(self) -> bool:
        """The same of any plan."""
        return any(finding.level == "error" for finding in self.findings)


def compiled(legs: Sequence[Plan], picture: Picture) -> Wave:
    """What an apply of these legs would do in this world."""
    found: dict[Ref, Compiled] = {}
    for plan, item in _in_order_of_need(legs):
        resources = _Resources(plan, picture, found)
        found[item.ref] = resources.task(item) if isinstance(item, Task) else resources.root(item)
    found = ending_streams.refused(found, legs, picture.world)
    readers = drained(root.steps for root in found.values())
    found = {ref: replace(root, steps=readers.ordered(root.steps)) for ref, root in found.items()}
    written = [item.ref for _, item in _written(legs)]
    steps = chained(found, [found[ref] for ref in written], readers)
    steps = [open_again(step, picture.made_up) for step in steps] if picture.made_up else steps
    findings = [finding for item in found.values() for finding in item.diff.findings]
    findings += ending_streams.unread(found, legs, picture.world)
    own = apart(steps, picture.past, picture.lanes)
    return Wave(legs, found, tuple(own.steps), (*findings, *own.findings), own.waiting)


class _Resources:
    """Compiles what a plan declares; `found` is what it refers to."""

    def __init__(self, plan: Plan, picture: Picture, found: Mapping[Ref, Compiled]) -> None:
        self._plan = plan
        self._picture = picture
        self._found = found

    def root(self, declared: Declared) -> Compiled:
        """The difference and the lane of a table or function."""
        picture, kind = self._picture, ROOTS[declared.ref.section]
        live = picture.world[declared.ref]
        context = Context(
            policy=self._plan.policy,
            known=self._known,
            where=self._where,
            now=picture.now,
            region=picture.region,
            ends=self._ends,
        )
        diff = kind.diff(declared, live, context)
        diff = replace(diff, findings=(*self._dangling(declared), *diff.findings))
        if any(finding.level == "error" for finding in diff.findings):
            return Compiled(declared, diff, ())
        steps = kind.steps(declared, live, diff, context)
        return Compiled(declared, diff, tuple(estimated(step) for step in _numbered(steps)))

    def task(self, task: Task) -> Compiled:
        """Whether a task is to be done, as the one step of its lane."""
        declared = Declared(task.ref, task.ref.name, None, task.needs, late=task.late)
        anew = {
            ref for ref, root in self._found.items() if any(one.comes and one.ref == ref for one in root.diff.changes)
        }
        step, findings = due(task, self._plan, self._picture.world, self._picture.past, anew, self._lookup)
        findings = (*self._dangling(declared), *findings, *(self._no_alias(task) if step else ()))
        if any(finding.level == "error" for finding in findings) or step is None:
            return Compiled(declared, Diff(findings=findings), ())
        return Compiled(declared, Diff(findings=findings), (step,))

    def _no_alias(self, task: Task) -> Iterator[Finding]:
        """An error for the alias that an invocation names and that its function will not have."""
        for root in (self._found[ref] for ref in task.acts_on if ref.section == FUNCTIONS):
            aliases = getattr(self._picture.world[root.declared.ref], "aliases", {})
            live = aliases if isinstance(aliases, Mapping) else None
            yield from invoked.no_alias(task, self._plan, root.declared, root.diff, live)

    # ---------------------------------------------------------------------------------------------------- what is known

    def _known(self, value: str | Text) -> str | Text:
        return value if isinstance(value, str) else value.resolved(self._lookup)

    def _lookup(self, late: FromLive | FromRun) -> str | None:
        if isinstance(late, FromRun):
            return None
        root = self._found.get(late.ref.root)
        if root is None or late.field in root.diff.changing:
            return None
        return attribute(late, self._picture.world[late.ref.root], root.declared)

    def _where(self, ref: Ref, field: str) -> Position | None:
        return self._plan.where((*ref.path, *(field.split(".") if field else ())))

    def _ends(self, stream: str) -> bool:
        found = (ending_streams.ending(root, self._picture.world) for root in self._found.values())
        return any(end is not None and end.arn == stream for end in found)

    def _dangling(self, declared: Declared) -> Iterator[Finding]:
        """An error for each attribute that the declaration refers to and that nothing has or gives: no call could name it."""
        for late, path in declared.late.items():
            root = self._found[late.ref.root]
            basis = lacking(late, root.declared, root.diff, self._picture.world[late.ref.root])
            if basis is not None:
                message = f"{dotted(path)}: {late.ref} has no `{late.field}`, and this plan gives it none."
                action = f"State {basis.stated} there, or remove the reference."
                yield Finding("error", "dangling-reference", message, action, declared.ref, self._plan.where(path))


def _written(plans: Sequence[Plan]) -> Iterator[tuple[Plan, Declared | Task]]:
    """Everything that is declared, in the order written."""
    return ((plan, item) for plan in plans for item in plan.items)


def _in_order_of_need(plans: Sequence[Plan]) -> list[tuple[Plan, Declared | Task]]:
    """Everything after what it refers to, else in the order written. The loader has refused cycles."""
    items = {item.ref: (plan, item) for plan, item in _written(plans)}
    ordered: dict[Ref, tuple[Plan, Declared | Task]] = {}
    for start in items:
        stack = [(start, False)]
        while stack:
            ref, ready = stack.pop()
            if ref in ordered or ref not in items:
                continue
            if ready:
                ordered[ref] = items[ref]
                continue
            stack.append((ref, True))
            stack += [(need.root, False) for need in sorted(items[ref][1].needs, reverse=True)]
    return list(ordered.values())


def _numbered(steps: Sequence[Step]) -> list[Step]:
    """Steps of one setting get -1, -2, … where there are several."""
    total, seen = Counter(step.id for step in steps), Counter[str]()
    numbered = []
    for step in steps:
        seen[step.id] += 1
        numbered.append(step if total[step.id] == 1 else replace(step, id=f"{step.id}-{seen[step.id]}"))
    return numbered


def renumbered(steps: Sequence[Step], taken: Collection[str]) -> list[Step]:
    """The same steps with ids that are not `taken`: `tables.orders:update-ttl-2` for a second one in a run."""
    names: dict[str, str] = {}
    used = set(taken)
    for step in steps:
        base, number, name = NUMBERED.sub("", step.id), 2, step.id
        while name in used:
            name, number = f"{base}-{number}", number + 1
        names[step.id] = name
        used.add(name)
    return [
        replace(step, id=names[step.id], needs=tuple(names.get(need, need) for need in step.needs)) for step in steps
    ]
