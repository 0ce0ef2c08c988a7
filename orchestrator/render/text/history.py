"""Runs of the state store for people: one line each, or one run in full."""

from collections.abc import Iterator, Sequence

from orchestrator.model import Event, History, KnownRun
from orchestrator.render.moments import clock_time, duration, iso
from orchestrator.render.text.words import clean, count
from orchestrator.render.view import PLAIN, View

SHOWN = ("operation", "attempt", "request_id", "code", "message", "status", "seconds")
"""What is told of an event, in this order."""
WORDS = {"seconds": "after", "request_id": "request"}


def history(found: History, view: View = PLAIN) -> str:
    if found.events is not None:
        return "\n".join(_in_full(found.runs[0], found.events, found.at)) + "\n"
    if not found.runs:
        return f"No runs in {found.store}{'' if found.exists else ': no store is there'}.\n"
    rows = [_row(one, found.at) for one in found.runs]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([f"{count(len(rows), 'run')} in {found.store}, the newest first:", "", *lines]) + "\n"


def _row(one: KnownRun, now: float) -> tuple[str, ...]:
    run = one.run
    return run.id, iso(run.started)[:19] + "Z", clean(run.names), _end(one, now), clean(run.whose)


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
    if not one.fresh(now):
        return f"dead? {beat}"
    paused = "paused, " if one.beat and one.beat.paused else ""
    progress = one.beat.progress if one.beat else None
    steps = f"{progress.done}/{progress.total} steps, " if progress and progress.total else ""
    return f"running: {paused}{steps}{beat}"


def _in_full(one: KnownRun, events: Sequence[Event], now: float) -> Iterator[str]:
    run = one.run
    yield f"Run {run.id}"
    yield f"  plans      {clean(run.names)}"
    yield f"  started    {iso(run.started)}"
    yield f"  now        {_end(one, now)}"
    for name, value in run.who.items():
        yield f"  {name:9}  {clean(value)}"
    yield f"  resources  {clean(', '.join(run.resources))}"
    if events:
        yield ""
        yield from map(_event, events)


def _event(event: Event) -> str:
    facts = {name: event.details[name] for name in SHOWN if event.details.get(name) is not None}
    if "seconds" in facts:
        facts["seconds"] = duration(facts["seconds"])
    told = ", ".join(f"{WORDS.get(name, name)} {value}" for name, value in facts.items())
    about = f"{event.step}  {told}" if event.step else told
    return clean(f"  {clock_time(event.at)}  {event.what:16}  {about}".rstrip())
