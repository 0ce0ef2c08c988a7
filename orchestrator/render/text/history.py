"""Runs of the state store for people: one line each, or one run in full."""

from collections.abc import Iterator, Mapping

from orchestrator.model import History, KnownRun, StepReport, Wish
from orchestrator.render.moments import duration, iso
from orchestrator.render.progress import SILENT_SECONDS
from orchestrator.render.text.report import OUTCOME_WORDS, counted, took
from orchestrator.render.text.words import clean, count
from orchestrator.render.view import PLAIN, View

NOTICES = ("notice", "superseded")


THEN: Mapping[Wish, str] = {
    "pause": "starts no new step until `orchestrator continue`",
    "continue": "starts new steps again",
    "cancel": "ends as if interrupted (130); AWS goes on with what was begun",
}
"""What a run does once it has heard what it was told."""


def history(found: History, view: View = PLAIN) -> str:
    if found.wished is not None:
        return clean(_wished(found.runs[0], found.wished, found.at)) + "\n"
    if found.events is not None:
        return "\n".join(_in_full(found)) + "\n"
    if not found.runs:
        return f"No runs in {found.store}{'' if found.exists else ': no store is there'}.\n"
    rows = [_row(one, found.at) for one in found.runs]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([f"{count(len(rows), 'run')} in {found.store}, the newest first:", "", *lines]) + "\n"


def ordered(one: KnownRun) -> str:
    """`paused by ops on vm`, or what a run was told and may not have heard yet; empty where it simply goes on."""
    order = one.order
    if order is None or (order.wish == "continue" and not one.paused):
        return "paused" if one.paused else ""
    if order.wish == "pause" and one.paused:
        return f"paused by {order.by}"
    return f"{'paused, ' if one.paused else ''}told to {order.wish} by {order.by}"


def _wished(one: KnownRun, wish: Wish, now: float) -> str:
    """What a run was just told, when it hears of it and what it does then; and that it may be dead where it seems so."""
    by = f" by {one.order.by}" if one.order else ""
    silent = one.silent_for(now)
    dead = f" Its last heartbeat was {duration(silent)} ago: it may be dead." if silent > SILENT_SECONDS else ""
    return (
        f"Run {one.run.id} of {one.run.names} ({one.run.whose}) is told to {wish}{by}."
        f" It hears of it with its next heartbeat, within 12 s, and then {THEN[wish]}.{dead}"
    )


def _row(one: KnownRun, now: float) -> tuple[str, ...]:
    run = one.run
    return run.id, iso(run.started)[:19] + "Z", clean(run.names), clean(_end(one, now)), clean(run.whose)


def _end(one: KnownRun, now: float) -> str:
    run = one.run
    if run.life == "ended":
        took = f" in {duration(run.finished - run.started)}" if run.finished is not None else ""
        return f"{run.outcome.replace('_', ' ')} (exit {run.exit_code}){took}"
    if run.life == "lost":
        return "lost: its heartbeat stood still"
    if run.life == "released":
        return "released by unlock"
    beat = f"heartbeat {duration(one.silent_for(now))} ago"
    told = f"{words}, " if (words := ordered(one)) else ""
    if not one.fresh(now):
        return f"dead? {told}{beat}"
    progress = one.beat.progress if one.beat else None
    steps = f"{progress.done}/{progress.total} steps, " if progress and progress.total else ""
    return f"running: {told}{steps}{beat}"


def _in_full(found: History) -> Iterator[str]:
    one, now = found.runs[0], found.at
    run = one.run
    yield f"Run {run.id}"
    yield f"  plans      {clean(run.names)}"
    yield f"  started    {iso(run.started)}"
    yield f"  now        {clean(_end(one, now))}"
    for name, value in run.who.items():
        yield f"  {name:9}  {clean(value)}"
    yield f"  resources  {clean(', '.join(run.resources))}"
    if found.steps:
        yield ""
        width = max(len(step.id) for step in found.steps)
        yield from (line for step in found.steps for line in _step(step, width, live=one.live))
        if not one.live:
            yield f"\n{counted(found.steps)}"
    yield from (f"notice  {clean(event.details['message'])}" for event in found.events or () if event.what in NOTICES)


def _step(step: StepReport, width: int, *, live: bool) -> Iterator[str]:
    """How it ended, which, how long it took, in how many attempts and what had to be tried again; below it, why it failed or was
    not run.
    """
    attempts = [count(step.attempts, "attempt")] if step.attempts > 1 else []
    going = live and step.finished is None and step.error is None
    word = "under way" if going else OUTCOME_WORDS[step.outcome]
    yield f"  {word:16}  {step.id:{width}}  {', '.join([*took(step), *attempts])}".rstrip()
    if step.error:
        yield "      " + clean(": ".join(filter(None, (step.error["code"], step.error["message"]))))
