"""For every pair of settings: one plan that changes both converges from every starting state, without one refused call.

Exhaustive over the pairs, each from at least one start at which the thing is there and nothing moves, and of tables and
functions over all of these starts and that of an absent thing. Where somebody else is at work, and of tables with replicas and
functions made of images, pairs take turns, unless the environment asks for all (ORCHESTRATOR_TEST_EVERY_START=1, as
`.ci/run --every-start` does). Which forms the two of a pair are given goes by the pair and the start. How many pairs that are
is asserted below, from the rows of the kinds: a new row without forms fails here.
"""

from collections.abc import Sequence
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


def _named(part: Start | Sequence[Pair]) -> str:
    return part.name if isinstance(part, Start) else f"from {part[0][0].name} + {part[0][1].name}"


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
    assert len({frozenset((one.name, other.name)) for one, other in matrix.pairs}) == choices * (choices - 1) // 2
    assert len({start.name for start in matrix.starts}) == len(matrix.starts)
    settled = [start for start in matrix.starts if not (start.motion or start.absent)]
    run = {frozenset((one.name, other.name)) for start in settled for one, other in matrix.due(start)}
    assert run == {frozenset((one.name, other.name)) for one, other in matrix.pairs}
    if matrix in (tables.MATRIX, functions.MATRIX):
        assert all(matrix.due(start) == matrix.pairs for start in matrix.starts if not start.motion)
    monkeypatch.setenv(EVERY_START, "1")
    assert all(matrix.due(start) == matrix.pairs for start in matrix.starts)


def test_every_sort_of_part_is_known_here() -> None:
    """A new one needs choices of its own."""
    known = {"tables": {"indexes", "replicas"}, "functions": {"aliases", "permissions", "event_sources"}}
    assert {section: set(sorts) for section, sorts in PARTS.items()} == known
