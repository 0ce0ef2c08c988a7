"""Where things stand: one aligned line a resource and a part, as a person would check it by hand (requirement A10)."""

from collections import Counter
from collections.abc import Iterator, Sequence

from orchestrator.model import Status, StatusLine, Waited
from orchestrator.render.moments import clock_time, duration
from orchestrator.render.origins import begun
from orchestrator.render.text.history import ordered
from orchestrator.render.text.paint import Paint
from orchestrator.render.text.preview import where
from orchestrator.render.text.words import called, clean, count
from orchestrator.render.view import PLAIN, View

STATE_WORDS = {
    "in_place": "in place",
    "pending_change": "pending change",
    "in_transition": "in transition",
    "broken": "broken",
}
STATE_COLORS = {"in_place": "green", "pending_change": "yellow", "in_transition": "cyan", "broken": "red"}
OUTCOMES = {
    "succeeded": "Everything is as planned and settled.",
    "nothing_to_do": "Everything is as planned and settled.",
    "in_progress": "Not there yet: the deadline passed. Wait again, or apply what is pending.",
    "failed": "Something will not settle by itself; see above.",
    "interrupted": "Interrupted before everything was settled.",
}


def status(found: Status, view: View = PLAIN) -> str:
    """The target, the lines, and how many resources, parts not counted, stand where."""
    totals = Counter[str](line.state for line in found.lines)
    counts = ", ".join(f"{totals[state]} {word}" for state, word in STATE_WORDS.items() if totals[state])
    lines = [
        f"Target: {where(found.target)}",
        "",
        *_table(found.lines, view, several=_several(found.lines), now=found.at),
        "",
        f"{count(len(found.lines), 'resource')}: {counts}." if counts else "Nothing declared.",
    ]
    if found.locks_unknown:
        lines.append(clean(f"Who holds locks is not known: {found.locks_unknown}"))
    return "\n".join(lines) + "\n"


def waited(end: Waited, view: View = PLAIN) -> str:
    """What is not as planned yet, and how the waiting ended."""
    sentence = OUTCOMES.get(end.outcome, f"Ended as {end.outcome}.")
    if end.pending:
        total = count(len(end.pending), "resource")
        if end.outcome == "succeeded":
            sentence = f"What a start-up waits for is as planned and settled; {total} in the background."
            return "\n".join([*_table(end.pending, view, several=_several(end.lines)), "", sentence]) + "\n"
        return (
            "\n".join([*_table(end.pending, view, several=_several(end.lines)), "", f"{total} pending. {sentence}"])
            + "\n"
        )
    return f"{sentence}\n"


def _several(lines: Sequence[StatusLine]) -> bool:
    """Whether they are of several plans, by whose names things are then told apart."""
    return len({line.ref.plan for line in lines}) > 1


def _table(lines: Sequence[StatusLine], view: View, *, several: bool, now: float = 0.0) -> Iterator[str]:
    paint = Paint(view.color)
    rows = list(_flat(lines, 0))
    name_width = max((len(_name(line, depth, several=several)) for line, depth in rows), default=0)
    state_width = max(map(len, STATE_WORDS.values()))
    for line, depth in rows:
        state = paint(STATE_COLORS[line.state], f"{STATE_WORDS[line.state]:{state_width}}")
        since = f" ({clean(begun(line.sighting))})" if line.sighting else ""
        late = " (in the background)" if line.gate == "background" else ""
        facts = "".join(f"  {name} {clean(value)}" for name, value in line.facts.items())
        name = _name(line, depth, several=several)
        yield f"{name:{name_width}}  {state}  {clean(line.detail)}{since}{late}{facts}{_lock(line, now)}".rstrip()


def _lock(line: StatusLine, now: float) -> str:
    if line.holder is None:
        return ""
    run = line.holder.run
    whose = f"run {run.id} ({run.names}, {run.whose}, since {clock_time(run.started)})"
    if line.holder.fresh(now):
        told = f", {words}" if (words := ordered(line.holder)) else ""
        return clean(f"  locked by {whose}{told}")
    silent = duration(line.holder.silent_for(now))
    return clean(f"  left locked by {whose}, silent for {silent}: whoever needs it takes over")


def _flat(lines: Sequence[StatusLine], depth: int) -> Iterator[tuple[StatusLine, int]]:
    for line in lines:
        yield line, depth
        yield from _flat(line.parts, depth + 1)


def _name(line: StatusLine, depth: int, *, several: bool) -> str:
    """Parts are inset under their resource and named by kind: `  indexes.by_day`."""
    return "  " * depth + (f"{line.ref.section}.{line.ref.name}" if depth else called(line.ref, several=several))
