"""The machine formats, one JSON document each. Keys come in the order of the contract; equal input gives equal bytes."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from orchestrator.errors import Problem
from orchestrator.model import (
    Change,
    Estimate,
    Event,
    Finding,
    Foreign,
    History,
    KnownRun,
    Plan,
    Preview,
    Ref,
    Report,
    Sample,
    Sighting,
    Status,
    StatusLine,
    Step,
    StepReport,
    Target,
    Task,
    Unmanaged,
    Waited,
)
from orchestrator.render import origins, public, works
from orchestrator.render.moments import iso
from orchestrator.render.stages import StageView, stages
from orchestrator.render.view import PLAIN, View

ACTIONS = ("create", "update", "delete", "wait", "run")
STATES = ("in_place", "pending_change", "in_transition", "broken")

Document = dict[str, Any]


def _written(document: Document) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


# ------------------------------------------------------------------------------------------------------------ preview


def preview(shown: Preview, view: View = PLAIN) -> str:
    """`orchestrator.preview/1`."""
    return _written(
        {
            "format": "orchestrator.preview/1",
            "plans": [{"name": plan.name, "digest": plan.digest} for plan in shown.plans],
            "target": _target(shown.target),
            "state": {"store": shown.kept.store, "exists": shown.kept.exists} if shown.kept else None,
            "summary": _summary(shown),
            "steps": [_step(step) for step in shown.graph],
            "unmanaged": [_unmanaged(thing) for thing in shown.unmanaged],
            "findings": [_finding(finding) for finding in shown.findings],
            "foreign": [_foreign(one) for one in shown.foreign],
            "stages": [_stage(stage) for plan in shown.plans for stage in stages(shown, plan)],
            "tasks": [_task(task, shown) for plan in shown.plans for task in plan.tasks],
            "critical_path": list(shown.critical_path),
            "estimate_seconds": _estimate(shown.estimate),
        }
    )


def _summary(shown: Preview) -> Document:
    actions = Counter[str](step.action for step in shown.graph)
    return {
        "steps": len(shown.graph),
        **{action: actions[action] for action in ACTIONS},
        "destructive": sum(step.destructive for step in shown.graph),
        "background": sum(step.gate == "background" for step in shown.graph),
        "unmanaged": len(shown.unmanaged),
    }


def _step(step: Step) -> Document:
    return {
        "id": step.id,
        "plan": step.ref.plan,
        "resource": str(step.ref.root),
        "lane": step.lane,
        "action": step.action,
        "summary": step.summary,
        "service": step.call.service if step.call else None,
        "operation": step.call.operation if step.call else None,
        **({"region": step.call.region} if step.call and step.call.region else {}),
        "request": public.request(step.call) if step.call else None,
        "needs": list(step.needs),
        "destructive": step.destructive,
        "gate": step.gate,
        "pause_seconds": _number(step.pause),
        "stage": step.stage,
        "estimate_seconds": _estimate(step.estimate),
        "changes": [_change(change) for change in step.because],
    }


def _stage(stage: StageView) -> Document:
    return {
        "plan": stage.plan,
        "stage": stage.name,
        "state": stage.standing,
        "steps": [step.id for step in stage.steps],
        "estimate_seconds": _estimate(stage.estimate),
    }


def _task(task: Task, shown: Preview) -> Document:
    """What it does, whether it is to be done and why again, and by which run it was done before, if it was."""
    step, before = next((one for one in shown.graph if one.ref == task.ref), None), shown.remembered.get(task.ref)
    work = step.work if step and step.work else task.work
    return {
        "plan": task.ref.plan,
        "resource": str(task.ref),
        "sort": task.work.sort,
        "run": task.run,
        "state": "due" if step else "done" if before else "not_due",
        "again": step.again or None if step else None,
        "done_by": before.run if before else None,
        "done": iso(before.at) if before else None,
        "does": list(works.told(work)),
        "counted": _sample(shown.samples[task.ref]) if task.ref in shown.samples else None,
    }


def _sample(found: Sample) -> Document:
    """Items as DynamoDB's API has them: numbers keep every digit."""
    sides = ("key", "before", "after")
    return {
        "scanned": found.scanned,
        "matching": found.matching,
        "changing": found.changing,
        "all": found.all,
        "samples": [
            {side: public.public(one) for side, one in zip(sides, each, strict=True)} for each in found.samples
        ],
    }


def _change(change: Change) -> Document:
    before, after = public.difference(change)
    path = f"{change.ref}.{change.field}" if change.field else str(change.ref)
    return {"path": path, "before": before, "after": after}


def _unmanaged(thing: Unmanaged) -> Document:
    return {**_named(thing.ref), "sort": thing.sort, "name": thing.name}


def _finding(finding: Finding) -> Document:
    where = finding.where
    return {
        "level": finding.level,
        "code": finding.code,
        "message": finding.message,
        "action": finding.action,
        "refuses": finding.refuses,
        "resource": str(finding.ref) if finding.ref else None,
        "where": {"file": where.file, "line": where.line, "column": where.column} if where else None,
    }


def _estimate(estimate: Estimate) -> Document:
    return {name: _number(getattr(estimate, name)) for name in ("low", "likely", "high")}


def _number(seconds: float) -> float:
    """Milliseconds at most; whole numbers without a fraction."""
    rounded = round(seconds, 3)
    return int(rounded) if rounded == int(rounded) else rounded


def _target(target: Target) -> Document:
    return {"account": target.account, "region": target.region, "endpoint": target.endpoint}


# ------------------------------------------------------------------------------------------------------------- report


def report(told: Report, shown: Preview | None = None, view: View = PLAIN) -> str:
    """`orchestrator.report/1`."""
    return _written(
        {
            "format": "orchestrator.report/1",
            "run": told.run,
            "exit_code": told.exit_code,
            "outcome": told.outcome,
            "started": iso(told.started),
            "finished": iso(told.finished),
            "seconds": _number(told.seconds),
            "steps": [_outcome(step) for step in told.steps],
            "still_running": [
                {**_named(thing.ref), "status": thing.status, "since": iso(thing.since), "gate": thing.gate}
                for thing in told.still_running
            ],
            "queued": list(told.queued),
            "foreign": [_foreign(one) for one in told.foreign],
            "calls": dict(sorted(told.calls.items())),
            "notices": list(told.notices),
        }
    )


def _outcome(step: StepReport) -> Document:
    return {
        "id": step.id,
        "outcome": step.outcome,
        "attempts": step.attempts,
        "retries": [{"code": code, "action": action, "count": count} for code, action, count in step.retries],
        "started": None if step.started is None else iso(step.started),
        "finished": None if step.finished is None else iso(step.finished),
        "issued_seconds": None if step.issued_seconds is None else _number(step.issued_seconds),
        "settling_seconds": None if step.settling_seconds is None else _number(step.settling_seconds),
        "error": _reason(step.error),
    }


def _reason(error: Mapping[str, str] | None) -> Document | None:
    return None if error is None else {key: error.get(key) for key in ("code", "message", "action", "where")}


# ------------------------------------------------------------------------------------------- everything else that ends


def errors(problems: Sequence[Problem], exit_code: int, view: View = PLAIN) -> str:
    """`orchestrator.error/1`: what a command prints that has nothing better to show."""
    return _written(
        {"format": "orchestrator.error/1", "exit_code": exit_code, "errors": [_problem(item) for item in problems]}
    )


def history(found: History, view: View = PLAIN) -> str:
    """`orchestrator.history/1`; `steps` and `events` only of a run that was asked for by its id, `before` only of one that was
    released.
    """
    document: Document = {
        "format": "orchestrator.history/1",
        "store": found.store,
        "exists": found.exists,
        "runs": [_run(one, found.at) for one in found.runs],
    }
    if found.before is not None:
        document["before"] = _run(found.before, found.at)
    if found.events is not None:
        document["steps"] = [_outcome(step) for step in found.steps]
        document["events"] = [_event(event) for event in found.events]
    return _written(document)


def _run(one: KnownRun, now: float) -> Document:
    run, live = one.run, one.run.life == "live"
    return {
        "run": run.id,
        "state": ("running" if one.fresh(now) else "silent") if live else run.life,
        "paused": one.paused,
        "order": _order(one),
        "outcome": run.outcome or None,
        "exit_code": run.exit_code,
        "started": iso(run.started),
        "finished": iso(run.finished) if run.finished is not None else None,
        "heartbeat": iso(one.beat.at) if one.beat else None,
        "progress": _rounded(asdict(one.beat.progress)) if one.beat and live else None,
        "plans": [{"name": plan.name, "digest": plan.digest} for plan in run.plans],
        "resources": list(run.resources),
        "who": dict(run.who),
    }


def _order(one: KnownRun) -> Document | None:
    """What a live run was told last, from elsewhere."""
    if one.order is None or not one.live:
        return None
    return {"wish": one.order.wish, "by": one.order.by, "at": iso(one.order.at)}


def _event(event: Event) -> Document:
    return {"at": iso(event.at), "step": event.step or None, "event": event.what, "details": _rounded(event.details)}


def _rounded(facts: Mapping[str, Any]) -> Document:
    return {name: _number(value) if isinstance(value, float) else value for name, value in facts.items()}


def validation(plans: Sequence[Plan], problems: Sequence[Problem], exit_code: int, view: View = PLAIN) -> str:
    """`orchestrator.validation/1`: the plans that were read, or every problem found; `errors` are as in error/1."""
    return _written(
        {
            "format": "orchestrator.validation/1",
            "exit_code": exit_code,
            "plans": [
                {"name": plan.name, "file": plan.file, "digest": plan.digest, "resources": len(plan.resources)}
                for plan in plans
            ],
            "errors": [_problem(item) for item in problems],
        }
    )


def _problem(problem: Problem) -> Document:
    return {
        "code": problem.code,
        "message": problem.message,
        "action": problem.action or None,
        "where": problem.where,
    }


def status(found: Status, view: View = PLAIN) -> str:
    """`orchestrator.status/1`; `outcome` is null, for nothing was attempted."""
    return _written({**_standing(found.target, found.lines, 0, None), "locks_unknown": found.locks_unknown or None})


def waited(end: Waited, view: View = PLAIN) -> str:
    """`orchestrator.status/1` with an outcome."""
    return _written(_standing(end.target, end.lines, end.exit_code, end.outcome))


def _standing(target: Target, lines: Sequence[StatusLine], exit_code: int, outcome: str | None) -> Document:
    states = Counter[str](line.state for line in lines)
    return {
        "format": "orchestrator.status/1",
        "exit_code": exit_code,
        "outcome": outcome,
        "target": _target(target),
        "summary": {state: states[state] for state in STATES},
        "resources": [_line(line) for line in lines],
    }


def _holder(holder: KnownRun) -> Document:
    run = holder.run
    return {
        "run": run.id,
        "plans": [plan.name for plan in run.plans],
        "since": iso(run.started),
        "heartbeat": iso(holder.beat.at) if holder.beat else None,
        "paused": holder.paused,
        "order": _order(holder),
        "who": dict(run.who),
    }


def _named(ref: Ref) -> Document:
    """A thing, and the plan that names it: of several plans each may have one of that name."""
    return {"plan": ref.plan, "resource": str(ref)}


def _foreign(one: Foreign) -> Document:
    return {**_named(one.ref), "status": one.status, **_since(one.sighting)}


def _since(sighting: Sighting | None) -> Document:
    """Since when it moves, by what that is known (`cloudtrail` or `seen`), and the call that began it."""
    if sighting is None:
        return {"since": None, "since_source": None, "begun": None}
    return {
        "since": iso(sighting.since),
        "since_source": sighting.source,
        "begun": origins.document(sighting.origin),
    }


def _line(line: StatusLine) -> Document:
    return {
        "resource": str(line.ref),
        "plan": line.ref.plan,
        "state": line.state,
        "detail": line.detail,
        **_since(line.sighting),
        "gate": line.gate,
        "facts": dict(line.facts),
        "locked_by": _holder(line.holder) if line.holder else None,
        "parts": [_line(part) for part in line.parts],
    }
