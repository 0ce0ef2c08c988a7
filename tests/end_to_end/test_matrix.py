"""For every pair of settings: one plan that changes both converges from every starting state, without one refused call.

Exhaustive over the pairs, each from at least one start at which the thing is there and nothing moves; over what can be changed
from each start; and over the forms of it. Which pairs are run from which of the starts goes by turns, unless the environment
asks for all (ORCHESTRATOR_TEST_EVERY_START=1, as `.ci/run --every-start` does). What two settings do that have nothing to do with
replicas or images is shown without these. Which forms the two of a pair are given goes by the pair and the start. All of this
is asserted below, from the rows of the kinds: a new row without forms fails here.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from orchestrator.kinds import PARTS
from orchestrator.kinds.function.event_sources.settings import ROWS as SOURCE_ROWS
from orchestrator.kinds.function.settings import ROWS as FUNCTION_ROWS
from orchestrator.kinds.table.indexes import ROWS as INDEX_ROWS
from orchestrator.kinds.table.replica_settings import ROWS as REPLICA_ROWS
from orchestrator.kinds.table.settings import ROWS as TABLE_ROWS
from tests.end_to_end import matrix_of_functions as functions
from tests.end_to_end import matrix_of_global_tables as global_tables
from tests.end_to_end import matrix_of_images as images
from tests.end_to_end import matrix_of_tables as tables
from tests.end_to_end.matrix import EVERY_START, Matrix, Pair, Start

pytestmark = pytest.mark.virtual

MATRICES = [
    pytest.param(tables.MATRIX, id="tables"),
    pytest.param(global_tables.MATRIX, id="global tables"),
    pytest.param(functions.MATRIX, id="functions"),
    pytest.param(images.MATRIX, id="images"),
]


def _named(part: Start | Sequence[Pair]) -> str:
    return part.name if isinstance(part, Start) else f"from {part[0][0].name} + {part[0][1].name}"


def _names(pairs: Iterable[Pair]) -> set[frozenset[str]]:
    return {frozenset((one.name, other.name)) for one, other in pairs}


@pytest.mark.parametrize(("start", "pairs"), tables.MATRIX.parts(), ids=_named)
async def test_any_two_settings_of_a_table(start: Start, pairs: Sequence[Pair], tmp_path: Path) -> None:
    assert await tables.MATRIX.part(tables.aws(tmp_path), start, pairs) == []


@pytest.mark.parametrize(("start", "pairs"), global_tables.MATRIX.parts(), ids=_named)
async def test_any_two_settings_of_a_table_and_its_replicas(
    start: Start, pairs: Sequence[Pair], tmp_path: Path
) -> None:
    assert await global_tables.MATRIX.part(global_tables.aws(tmp_path), start, pairs) == []


@pytest.mark.parametrize(("start", "pairs"), functions.MATRIX.parts(), ids=_named)
async def test_any_two_settings_of_a_function(start: Start, pairs: Sequence[Pair], tmp_path: Path) -> None:
    assert await functions.MATRIX.part(functions.aws(tmp_path), start, pairs) == []


@pytest.mark.parametrize(("start", "pairs"), images.MATRIX.parts(), ids=_named)
async def test_any_two_settings_of_a_function_made_of_an_image(
    start: Start, pairs: Sequence[Pair], tmp_path: Path
) -> None:
    assert await images.MATRIX.part(images.aws(tmp_path), start, pairs) == []


@pytest.mark.parametrize(
    ("matrix", "settings", "parts"),
    [
        (tables.MATRIX, len(TABLE_ROWS) + len(INDEX_ROWS), len(tables.PARTS)),
        (
            global_tables.MATRIX,
            len(TABLE_ROWS) + len(INDEX_ROWS) + len(REPLICA_ROWS),
            len(tables.PARTS) + len(global_tables.PARTS),
        ),
        (functions.MATRIX, len(FUNCTION_ROWS) + len(SOURCE_ROWS), len(functions.PARTS)),
        (images.MATRIX, len(FUNCTION_ROWS) + len(SOURCE_ROWS), len(functions.PARTS)),
    ],
    ids=["tables", "global tables", "functions", "images"],
)
def test_no_pair_is_left_out(matrix: Matrix, settings: int, parts: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every row is a choice of several forms, every two of them are a pair, and each is run, on demand from every start."""
    monkeypatch.delenv(EVERY_START, raising=False)
    choices = settings + parts
    assert len({choice.name for choice in matrix.choices}) == choices
    assert all(len(choice.forms) > 1 for choice in matrix.choices)
    assert len(_names(matrix.pairs)) == choices * (choices - 1) // 2
    assert len({start.name for start in matrix.starts}) == len(matrix.starts)
    settled = [start for start in matrix.starts if not (start.motion or start.absent)]
    run = _names(pair for start in settled for pair in matrix.due(start))
    assert run >= _names(pair for pair in matrix.pairs if not matrix.elsewhere(pair))
    assert run == _names(matrix.pairs) or matrix not in (tables.MATRIX, functions.MATRIX)
    monkeypatch.setenv(EVERY_START, "1")
    assert all(matrix.due(start) == matrix.pairs for start in matrix.starts)


@pytest.mark.parametrize("matrix", MATRICES)
def test_everything_is_changed_from_every_start_and_to_every_form(
    matrix: Matrix, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(EVERY_START, raising=False)
    for start in matrix.starts:
        due = {choice.name for pair in matrix.due(start) for choice in pair}
        assert due == {choice.name for choice in matrix.choices}, start.name
    changed = [
        {choice.name: form}
        for start in matrix.starts
        for pair in matrix.due(start)
        for choice, form in zip(pair, matrix.changed(start, pair), strict=True)
    ]
    possible = [
        {choice.name: form}
        for choice in matrix.choices
        for place, form in enumerate(choice.forms)
        if any(start.has(choice) != place for start in matrix.starts)
    ]
    never = [form for form in possible if form not in changed]
    assert never == [], "these are given to nothing: let other pairs have their turn (`share`)"


def test_every_sort_of_part_is_known_here() -> None:
    """A new one needs choices of its own."""
    known = {"tables": {"indexes", "replicas"}, "functions": {"aliases", "permissions", "event_sources"}}
    assert {section: set(sorts) for section, sorts in PARTS.items()} == known
