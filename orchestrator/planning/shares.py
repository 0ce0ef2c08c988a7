"""Backfills that several jobs do together, each its share: what of a plan one such job does beside the others.

It changes nothing that has to wait for the other shares, and nothing that it does not hold: every job holds its own share, and
what comes after all of them is for a run that finds the task done.
"""

import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace

from orchestrator.model import Backfill, Finding, Plan, Ref, Share, Step, Task
from orchestrator.planning.past import Past

Key = tuple[str, str]
"""A step: its plan and its id."""


def said(text: str) -> Share | None:
    """`1/4` as a share, None where it is none: the first of four."""
    found = re.fullmatch("([1-9][0-9]{0,6})/([1-9][0-9]{0,6})", text)
    share = Share(int(found[1]), int(found[2])) if found else None
    return share if share and share.number <= share.of else None


def taking(plan: Plan, share: Share) -> Plan:
    """The plan with this as the share that its backfills do, in as many segments as there are shares at least."""
    tasks = tuple(_taking(task, share) for task in plan.tasks)
    return replace(plan, tasks=tasks, stages=tuple(taking(stage, share) for stage in plan.stages))


def _taking(task: Task, share: Share) -> Task:
    if not isinstance(task.work, Backfill):
        return task
    return replace(task, work=replace(task.work, share=share, segments=max(task.work.segments, share.of)))


def shared(plans: Iterable[Plan]) -> bool:
    """Whether other jobs are at work beside this one."""
    return any(task.shared for plan in plans for part in (plan, *plan.stages) for task in part.tasks)


@dataclass(frozen=True, slots=True)
class Apart:
    """What is left of a graph for one job, what it is told, and the plans that can't go on before other runs are done."""

    steps: Sequence[Step]
    findings: Sequence[Finding]
    waiting: frozenset[str]


def apart(steps: Sequence[Step], past: Past, lanes: Set[str] | None) -> Apart:
    """Without what comes after tasks that are shared, and what is on none of `lanes`, where the run is kept to some."""
    open_ = {step.id: step for step in steps if step.task is not None and step.task.shared}
    foreign = {_key(step) for step in steps if lanes is not None and step.lane not in lanes}
    shares = {_key(step) for step in open_.values()}
    found = behind(steps, foreign | shares)
    left_out = foreign | {_key(step) for step in steps if any((step.ref.plan, need) in found for need in step.needs)}
    own = {step.ref for step in open_.values()} & past.at_once.keys()
    kept = [step for step in steps if _key(step) not in left_out and step.ref not in own]
    left = [step.ref.root for step in steps if _key(step) in left_out]
    waiting = frozenset([*(ref.plan for ref in left), *(step.ref.plan for step in open_.values())])
    return Apart(kept, [_left(ref, open_.values()) for ref in dict.fromkeys(left)], waiting)


def _key(step: Step) -> Key:
    return step.ref.plan, step.id


def behind(steps: Sequence[Step], first: Set[Key]) -> Set[Key]:
    """These steps, each by its plan and id, and all that come after them."""
    found = set(first)
    while True:
        more = {
            _key(step)
            for step in steps
            if _key(step) not in found and any((step.ref.plan, need) in found for need in step.needs)
        }
        if not more:
            return found
        found |= more


def _left(ref: Ref, shares: Iterable[Step]) -> Finding:
    names = ", ".join(str(step.ref) for step in shares if step.ref.plan == ref.plan)
    waits = f"until all shares of {names} are done" if names else "for a run that holds it"
    message = f"{ref} waits {waits}: this job does its own share and leaves the rest."
    return Finding(
        "notice", "shares-open", message, "Run the plan once more, without --shard, after all jobs have ended.", ref
    )
