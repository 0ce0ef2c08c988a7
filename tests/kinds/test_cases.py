"""The pure half of every kind, by case files: replies of AWS -> observe -> diff -> steps. `cases.py` tells their form."""

from collections.abc import Mapping
from typing import Any

import pytest

from orchestrator.kinds import KINDS, ROOTS
from orchestrator.kinds.contract import Diff
from orchestrator.model import Change, Step
from tests.kinds.cases import CannedCloud, Case, collected, shown

CASES = collected()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
async def test_case(case: Case) -> None:
    kind, declared, context = ROOTS[case.section], case.declared(), case.context()
    live = await kind.observe(CannedCloud(case.replies), case.name, kind.reads(declared.spec))
    diff = kind.diff(declared, live, context)
    steps = kind.steps(declared, live, diff, context)

    assert [_change(change, case) for change in diff.changes] == [
        {"path": "", "before": None, **change} for change in case.body.get("changes", [])
    ]
    assert [f"{finding.level}:{finding.code}" for finding in diff.findings] == case.body.get("findings", [])
    assert [f"{thing.sort}.{thing.name}" for thing in diff.unmanaged] == case.body.get("unmanaged", [])
    if not _refused(diff):
        expected = case.body.get("steps", [])
        assert [_step(step, stated) for step, stated in zip(steps, expected, strict=False)] == [
            {"operation": None, "request": None, "destructive": False, **stated} for stated in expected
        ]
        assert [step.id for step in steps] == [stated["id"] for stated in expected]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
async def test_what_every_kind_promises(case: Case) -> None:
    """Equal input gives equal output; each change has its step; no goal is reached before its step; B6, C3."""
    kind, declared, context = ROOTS[case.section], case.declared(), case.context()
    live = await kind.observe(CannedCloud(case.replies), case.name, kind.reads(declared.spec))
    diff = kind.diff(declared, live, context)
    assert kind.diff(declared, live, context) == diff
    if _refused(diff):
        return
    steps = kind.steps(declared, live, diff, context)
    assert kind.steps(declared, live, diff, context) == steps
    made = {(change.ref, change.field) for step in steps for change in step.because}
    assert {(change.ref, change.field) for change in diff.changes} <= made
    for step in steps:
        assert step.id.startswith(f"{step.ref}:")
        assert step.lane == kind.lane(case.name)
        assert step.needs == ()
        assert step.deadline > 0
        assert step.summary
    first = next((step for step in steps if step.call is not None), None)
    assert first is None or not all(KINDS[c.ref.section].reached(c, live) for c in first.because)


def _refused(diff: Diff) -> bool:
    """The compiler asks for no steps where the plan can't be carried out."""
    return any(finding.level == "error" for finding in diff.findings)


def _change(change: Change, case: Case) -> Mapping[str, Any]:
    below = [*change.ref.path[len(case.ref.path) :], *([change.field] if change.field else [])]
    return {
        "path": ".".join(below),
        "before": shown(change.before),
        "after": shown(change.after),
        "effect": change.effect,
    }


def _step(step: Step, stated: Mapping[str, Any]) -> Mapping[str, Any]:
    call = step.call
    always = {
        "id": step.id,
        "operation": call.title if call else None,
        "request": shown(call.parameters) if call else None,
        "destructive": step.destructive,
    }
    return {**always, **{key: shown(getattr(step, key)) for key in stated if key not in always}}
