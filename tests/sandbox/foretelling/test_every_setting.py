"""Every form of every setting, from another one or from nothing: what is foretold is what an apply leaves.

One plan changes a setting of one thing each; the things are made, seen, foretold and changed together.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.kinds.function.live import FunctionLive
from orchestrator.kinds.table.live import TableLive
from orchestrator.sandbox.foretelling import UUID, chosen
from orchestrator.sandbox.foretelling.planted import planted
from orchestrator.sandbox.foretelling.settled import settled
from tests.end_to_end import matrix_of_functions as functions
from tests.end_to_end import matrix_of_global_tables as global_tables
from tests.end_to_end import matrix_of_images as images
from tests.end_to_end import matrix_of_tables as tables
from tests.end_to_end.matrix import EVERY_START, SEEN, TOGETHER, Body, Matrix, Start, merged
from tests.end_to_end.virtual import TARGET
from tests.sandbox.foretelling.told import already, compiled, errors, foretold_of, names, plan, reads_of, seen, sent

ALL = {"tables": tables, "global tables": global_tables, "functions": functions, "images": images}

BY_DEFAULT = {
    "tables": {("absent", 0), ("everything on demand", 20)},
    "global tables": {("with replicas and keys", 0)},
    "functions": {("absent", 0), ("everything", 20)},
    "images": {("an image", 0)},
}
"""What is run where not everything is asked for, by start and the first of its changes."""


def _starts() -> Iterator[Any]:
    """Some where nothing moves; on demand every start."""
    for name, module in ALL.items():
        for start in module.MATRIX.starts:
            changes = _changes(module.MATRIX, start)
            for part in range(0, len(changes), TOGETHER):
                if os.environ.get(EVERY_START) or (start.name, part) in BY_DEFAULT[name]:
                    yield pytest.param(module, start, changes[part : part + TOGETHER], id=f"{name} {start.name} {part}")


def _had(matrix: Matrix, start: Start) -> Body:
    return {} if not start.stated else {**matrix.needed, **merged(start.had(choice) for choice in matrix.choices)}


def _changes(matrix: Matrix, start: Start) -> Sequence[Body]:
    """Each setting in each form that the thing does not have, and that AWS and the plan language allow."""
    had, new = _had(matrix, start), matrix.needed if start.absent else {}
    bodies = [
        {**new, **form}
        for choice in matrix.choices
        for place, form in enumerate(choice.forms)
        if place != start.has(choice)
    ]
    before = merged((had, start.left))
    return [
        body for body in bodies if not any(rule(before, body) or rule(had, body) for rule in matrix.impossible.values())
    ]


def _comparable(seen: Any) -> Any:
    """Without what time alone changes, what is counted, and what the rules have no word for."""
    if isinstance(seen, FunctionLive):
        return replace(seen, revision="", packages={}, account=None)
    return replace(seen, created=None, flipped=None, class_changed=None) if isinstance(seen, TableLive) else seen


@pytest.mark.parametrize(("module", "start", "changes"), list(_starts()))
async def test_what_is_foretold_is_what_is_left(
    module: Any, start: Start, changes: Sequence[Body], tmp_path: Path
) -> None:
    matrix: Matrix = module.MATRIX
    aws, had = module.aws(tmp_path), _had(matrix, start)
    things = {f"thing-{number:02d}": body for number, body in enumerate(changes)}
    first = plan(matrix.section, {name: {**matrix.needed, **had} for name in things})
    if not start.absent:
        await already(aws, first)
    for name in things:
        for service, operation, parameters in start.motion:
            aws.send(service, operation, **{matrix.name: name, **parameters})
    await aws.clock.sleep(SEEN)
    text = plan(matrix.section, things)
    back = aws.opened(first)
    run = aws.opened(text)
    reads = reads_of(run, back)
    world = await seen(run, reads)
    calm = {ref: settled(one) for ref, one in world.items()}
    same = planted(calm, list(run.declared), reads, TARGET, run.clock.now()).world()
    unlike = {ref: (one, calm[ref]) for ref, one in same.items() if _comparable(one) != _comparable(calm[ref])}
    assert unlike == {}

    preview = compiled(run, world)
    assert errors(preview) == []
    told = foretold_of(run, world, preview.graph, reads)
    assert sent(compiled(run, told.world).graph, {}) == []
    if start.motion:
        return  # What somebody else's change leads to shows only once it is over.
    report = await aws.apply(text, wait="all")
    assert report.exit_code == 0, [step.error for step in report.steps]
    await aws.clock.sleep(7200)
    left = await seen(run, reads)
    here, there = compiled(back, told.world), compiled(back, left)
    chose = chosen({item.ref: item for item in run.declared}, world, left)
    real = {late: value for late, value in chose.items() if late.field == UUID or late in told.made_up}
    assert errors(here) == errors(there)
    assert sent(here.graph, names(told.made_up)) == sent(there.graph, names(real))
