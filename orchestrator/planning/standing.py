"""Where each declared thing stands: a picture of live state and the steps still to do become lines for `status` and `wait`."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from orchestrator.kinds import ROOTS, gates
from orchestrator.model import (
    Broken,
    Change,
    Declared,
    Gate,
    Pending,
    Preview,
    Ref,
    Scope,
    State,
    StatusLine,
    Step,
    Task,
    Verdict,
    World,
    past_minute,
)
from orchestrator.planning.suggest import counted

TOLD = 3
"""How many changes a line tells of; what the others are, the preview says."""


def standing(preview: Preview, world: World) -> tuple[StatusLine, ...]:
    """One line per declared table and function, each with its parts, and per task, in the order written (requirement A10)."""
    return tuple(
        _root(item, preview, world) if isinstance(item, Declared) else _task(item, preview)
        for plan in preview.plans
        for item in plan.items
    )


def _root(declared: Declared, preview: Preview, world: World) -> StatusLine:
    kind, live = ROOTS[declared.ref.section], world[declared.ref]
    steps = [step for step in preview.graph if step.ref.root == declared.ref]
    seen = {declared.ref.child(*part): verdict for part, verdict in kind.parts(live).items()} if live else {}
    verdicts = {preview.called.get(ref, ref): verdict for ref, verdict in seen.items()}
    refs = dict.fromkeys([*verdicts, *(step.ref for step in steps if step.ref != declared.ref), *_changed(steps)])
    unnamed = {thing.ref.child(thing.sort, thing.name) for thing in preview.unmanaged}
    parts = tuple(
        _warned(_part(ref, verdicts.get(ref), steps, declared, named=ref not in unnamed), preview)
        for ref in refs
        if ref != declared.ref
    )
    errors = [f.message for f in preview.findings if f.level == "error" and f.ref and f.ref.root == declared.ref]
    verdict = kind.verdict(live, Scope.WHOLE)
    state, detail = _state(verdict, _changes(declared.ref, steps, parts))
    if errors:
        state, detail = _mistaken(verdict, state, detail, errors)
    if state == "in_place" and live is None:
        detail = "absent, as the plan says"
    return StatusLine(
        declared.ref,
        state,
        detail,
        parts=parts,
        gate=_gate(state, steps),
        facts=_facts(declared, live),
        inquiry=kind.inquiry(live) if state == "in_transition" else None,
    )


def _task(task: Task, preview: Preview) -> StatusLine:
    """A task that is done by every run is never done for good, and nobody waits for it."""
    before = preview.remembered.get(task.ref)
    last = f"done by run {before.run} ({past_minute(before.at)})" if before else "not done yet"
    errors = [finding.message for finding in preview.findings if finding.level == "error" and finding.ref == task.ref]
    if errors:
        return StatusLine(task.ref, "pending_change", " ".join(["The plan can't be carried out:", *errors]))
    if task.run == "always":
        return StatusLine(task.ref, "in_place", f"done by every run; {last}")
    if any(step.ref == task.ref for step in preview.graph):
        again = f"to be done again; {last}" if before else last
        return StatusLine(task.ref, "pending_change", again)
    return StatusLine(task.ref, "in_place", last)


def _facts(declared: Declared, live: Any) -> Mapping[str, str]:
    told = {name: one for name, one in ROOTS[declared.ref.section].ATTRIBUTES.items() if one.told}
    seen = {name: one.read(live, declared.name) for name, one in told.items()}
    return {name: value for name, value in seen.items() if value is not None}


def _mistaken(verdict: Verdict, state: State, detail: str, errors: list[str]) -> tuple[State, str]:
    """Of a thing whose plan can't be carried out: what is live is broken only where AWS shows it so."""
    if isinstance(verdict, Broken):
        return state, " ".join([*([] if _told(verdict, errors) else [f"{detail}."]), *errors])
    moving = [f"{detail}."] if isinstance(verdict, Pending) else []
    return state if moving else "pending_change", " ".join([*moving, "The plan can't be carried out:", *errors])


def _gate(state: State, steps: Iterable[Step]) -> Gate:
    """What is in place or broken is nobody's background work; of the rest the steps tell, that wait for it or change it.

    What can be postponed holds no start-up: live state does not tell whether its time has come.
    """
    if state not in ("in_transition", "pending_change"):
        return "start"
    late = [step.gate == "background" or step.postponable for step in steps]
    return "background" if late and all(late) else "start"


def _told(broken: Broken, errors: Iterable[str]) -> bool:
    """Whether one of the findings says already what is broken."""
    return any((broken.code or broken.reason) in error for error in errors)


def _changed(steps: list[Step]) -> list[Ref]:
    """What the steps change, each by its own ref: more than their own things where a call changes several (CreateTable)."""
    return [change.ref for change in _because(steps)]


def _because(steps: list[Step]) -> Iterable[Change]:
    return (change for step in steps for change in step.because)


def _part(ref: Ref, verdict: Verdict | None, steps: list[Step], declared: Declared, *, named: bool) -> StatusLine:
    state, detail = _state(verdict, _said(ref, steps))
    if state == "in_place" and not named:
        detail = "not in the plan"
    if state == "in_transition" and gates.background(declared, ref):
        return StatusLine(ref, state, detail, gate="background")
    return StatusLine(ref, state, detail, gate=_gate(state, [step for step in steps if ref in _about(step)]))


def _warned(line: StatusLine, preview: Preview) -> StatusLine:
    """Of a part at which nothing is to do, what a reviewer is warned of: nobody is shown a step of it."""
    said = [one.message for one in preview.findings if one.level == "warning" and one.ref == line.ref]
    return replace(line, detail=" ".join(said)) if said and line.state == "in_place" else line


def _changes(root: Ref, steps: list[Step], parts: tuple[StatusLine, ...]) -> list[str]:
    """The root's own changes, and how many parts have some beside: theirs are told in their own lines."""
    whole = [change for change in _because(steps) if change.ref == root]
    if any(change.goes for change in whole) and any(change.comes for change in whole):
        return [f"made anew, in {counted(len(steps), 'step')} that the preview shows"]
    own = _said(root, steps)
    beside = sum(part.state == "pending_change" and part.detail not in own for part in parts)
    return [*own, *([f"{counted(beside, 'part')} pending"] if beside else [])]


def _said(ref: Ref, steps: list[Step]) -> list[str]:
    """What the calls say that they change of `ref`. One that makes several changes says each of them, in their order."""
    said: list[str] = []
    for step in steps:
        if step.call is not None and ref in _about(step):
            said += [what for about, what in step.told if about == ref] if step.told else [step.summary]
    return said


def _about(step: Step) -> list[Ref]:
    return [change.ref for change in step.because] or [step.ref]


def _state(verdict: Verdict | None, changes: list[str]) -> tuple[State, str]:
    """Transition goes before pending change: until it is over nothing can be done about the change."""
    if isinstance(verdict, Broken):
        told = not verdict.code or verdict.code in verdict.reason
        return "broken", verdict.reason if told else f"{verdict.reason} ({verdict.code})"
    if isinstance(verdict, Pending):
        percent = "" if verdict.progress is None else f", {verdict.progress:.0f}%"
        return "in_transition", verdict.status + percent
    return ("pending_change", _gist(changes)) if changes else ("in_place", "")


def _gist(changes: list[str]) -> str:
    """All of few changes, and of many the first ones."""
    more = len(changes) - TOLD
    rest = [f"and {more} more, which the preview shows"] if more > 1 else changes[TOLD:]
    return "; ".join([*changes[:TOLD], *rest])
