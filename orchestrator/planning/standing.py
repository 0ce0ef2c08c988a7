"""Where each declared thing stands: a picture of live state and the steps still to do become lines for `status` and `wait`."""

from orchestrator.kinds import ROOTS
from orchestrator.model import (
    Broken,
    Declared,
    Pending,
    Preview,
    Ref,
    Scope,
    State,
    StatusLine,
    Step,
    Verdict,
    World,
)


def standing(preview: Preview, world: World) -> tuple[StatusLine, ...]:
    """One line per declared table and function, each with its parts, in the order written (requirement A10)."""
    return tuple(_root(declared, preview, world) for plan in preview.plans for declared in plan.resources)


def _root(declared: Declared, preview: Preview, world: World) -> StatusLine:
    kind, live = ROOTS[declared.ref.section], world[declared.ref]
    steps = [step for step in preview.graph if step.ref.root == declared.ref]
    verdicts = {declared.ref.child(*part): verdict for part, verdict in kind.parts(live).items()} if live else {}
    parts = dict.fromkeys([*verdicts, *(step.ref for step in steps if step.ref != declared.ref), *_made(steps)])
    errors = [f.message for f in preview.findings if f.level == "error" and f.ref and f.ref.root == declared.ref]
    state, detail = _state(kind.verdict(live, Scope.WHOLE), steps)
    if errors:
        state, detail = "broken", " ".join(errors)
    if state == "in_place" and live is None:
        detail = "absent, as the plan says"
    return StatusLine(
        declared.ref,
        state,
        detail,
        parts=tuple(_part(ref, verdicts.get(ref), steps) for ref in parts if ref != declared.ref),
    )


def _made(steps: list[Step]) -> list[Ref]:
    """Parts that come into being with their root (the indexes in a CreateTable)."""
    return [change.ref for step in steps for change in step.because]


def _part(ref: Ref, verdict: Verdict | None, steps: list[Step]) -> StatusLine:
    mine = [step for step in steps if step.ref == ref or any(change.ref == ref for change in step.because)]
    state, detail = _state(verdict, mine)
    return StatusLine(ref, state, detail)


def _state(verdict: Verdict | None, steps: list[Step]) -> tuple[State, str]:
    """Transition goes before pending change: until it is over nothing can be done about the change."""
    if isinstance(verdict, Broken):
        return "broken", f"{verdict.reason} ({verdict.code})" if verdict.code else verdict.reason
    if isinstance(verdict, Pending):
        percent = "" if verdict.progress is None else f", {verdict.progress:.0f}%"
        return "in_transition", verdict.status + percent
    changes = [step.summary for step in steps if step.call is not None]
    return ("pending_change", "; ".join(changes)) if changes else ("in_place", "")
