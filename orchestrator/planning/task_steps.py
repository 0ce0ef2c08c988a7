"""The step of a task: what it is called, and how long it is likely to take."""

from dataclasses import replace
from typing import assert_never

from orchestrator.model import Backfill, Call, Estimate, Invocation, Sample, Seed, Step, Task, Transaction, Work
from orchestrator.planning.suggest import counted

READ_RATE, USUAL_RATE = 10_000, 500
"""Items a second that are read where none is updated, and that are updated where nothing holds them up."""
WHAT_IS_THERE = {
    "keep": "leaving what is there already",
    "overwrite": "replacing what is there already",
    "fail": "unless one of them is there already",
}


def step(task: Task, call: Call | None, again: str = "", items: int = 0) -> Step:
    """What a task is shown as, and done by, with the `call` that is shown of it; `again`: why it is done once more, if it is.

    `items`: how many AWS says that its table has, 0 where that is not known.
    """
    summary, estimate = _shown(task.work)
    if isinstance(task.work, Backfill) and items:
        estimate = _time(task.work, items)
    return Step(
        id=f"{task.ref}:run",
        ref=task.ref,
        lane=task.lane,
        action="run",
        summary=summary,
        call=call,
        because=(),
        deadline=task.timeout,
        estimate=estimate,
        task=task,
        work=task.work,
        again=again,
    )


def _shown(work: Work) -> tuple[str, Estimate]:
    match work:
        case Seed():
            return _seed(work)
        case Transaction(actions):
            tables = dict.fromkeys(str(body["TableName"]) for action in actions for body in action.values())
            changes = counted(len(actions), "action")
            summary = f"do {changes} on {_and(list(tables))}, all or none, exactly once"
            return summary, Estimate(0.1, 1, 30)
        case Invocation(call):
            qualifier = call.parameters.get("Qualifier")
            name = f"{call.parameters['FunctionName']}{f':{qualifier}' if qualifier else ''}"
            how = "queue an event for" if call.parameters.get("InvocationType") == "Event" else "invoke"
            return f"{how} {name}", Estimate(0.1, 3, 900)
        case Backfill():
            return _backfill(work)
        case _:
            assert_never(work)


def _seed(seed: Seed) -> tuple[str, Estimate]:
    number = seed.items.number
    summary = f"put {number:,} item{'' if number == 1 else 's'} into {seed.table}, {WHAT_IS_THERE[seed.if_exists]}"
    return summary, Estimate(0.1, 1 + number / 500, 10 + number / 50)


def _backfill(backfill: Backfill) -> tuple[str, Estimate]:
    verbs = [f"set {_and(list(backfill.set))}"] if backfill.set else []
    verbs += [f"remove {_and(list(backfill.remove))}"] if backfill.remove else []
    some = "some items" if backfill.where else "all items"
    share = f" (share {backfill.share.number}/{backfill.share.of})" if backfill.share.of > 1 else ""
    return f"{', '.join(verbs)} in {some} of {backfill.table}{share}", Estimate(5, 300, 86_400)


def _time(backfill: Backfill, items: int) -> Estimate:
    """Between nothing to update and everything; AWS counts items every six hours or so."""
    own = items / backfill.share.of
    rate = min(USUAL_RATE, (backfill.write_units or USUAL_RATE * backfill.share.of) / backfill.share.of)
    return Estimate(1 + own / READ_RATE, 1 + own / rate, 60 + 4 * own / rate)


def counted_time(step: Step, sample: Sample) -> Estimate:
    """That of a backfill's step by what was counted: an item that is updated takes a write unit at least."""
    work, known = step.work, step.estimate
    assert isinstance(work, Backfill)
    most = work.write_units / work.share.of if work.write_units else None
    low = 1 + sample.scanned / READ_RATE + (sample.changing / most if most else 0)
    if not sample.all:
        return replace(known, low=max(low, known.low), likely=max(low, known.likely), high=max(low, known.high))
    likely = max(low, 1 + sample.scanned / READ_RATE + sample.changing / min(USUAL_RATE, most or USUAL_RATE))
    return Estimate(low, likely, 60 + 4 * likely)


def _and(names: list[str]) -> str:
    """`status`, `status and label`, `status, label and copy`."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
