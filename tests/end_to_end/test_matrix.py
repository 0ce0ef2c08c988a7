"""For every pair of settings: one plan that changes both converges from every starting state, without one refused call.

Exhaustive over the pairs and over the starts at rest; where somebody else is at work the pairs take turns, unless the
environment asks for all (ORCHESTRATOR_TEST_EVERY_START=1). Which forms the two of a pair are given goes by the pair and the
start. How many pairs that are is asserted below, from the rows of the kinds: a new row without forms fails here.
"""

from pathlib import Path

import pytest

from orchestrator.kinds import PARTS
from orchestrator.kinds.function.event_sources.settings import ROWS as SOURCE_ROWS
from orchestrator.kinds.function.settings import ROWS as FUNCTION_ROWS
from orchestrator.kinds.table.indexes import ROWS as INDEX_ROWS
from orchestrator.kinds.table.settings import ROWS as TABLE_ROWS
from tests.end_to_end import matrix_of_functions as functions
from tests.end_to_end import matrix_of_tables as tables
from tests.end_to_end.matrix import Choice, Matrix, Start

pytestmark = pytest.mark.virtual


@pytest.mark.parametrize("first", tables.CHOICES[:-1], ids=lambda choice: choice.name)
@pytest.mark.parametrize("start", tables.STARTS, ids=lambda start: start.name)
async def test_any_two_settings_of_a_table(start: Start, first: Choice, tmp_path: Path) -> None:
    assert await tables.MATRIX.row(tables.aws(tmp_path), start, first) == []


@pytest.mark.parametrize("first", functions.CHOICES[:-1], ids=lambda choice: choice.name)
@pytest.mark.parametrize("start", functions.STARTS, ids=lambda start: start.name)
async def test_any_two_settings_of_a_function(start: Start, first: Choice, tmp_path: Path) -> None:
    assert await functions.MATRIX.row(functions.aws(tmp_path), start, first) == []


@pytest.mark.parametrize(
    ("matrix", "settings", "parts"),
    [
        (tables.MATRIX, len(TABLE_ROWS) + len(INDEX_ROWS), len(tables.PARTS)),
        (functions.MATRIX, len(FUNCTION_ROWS) + len(SOURCE_ROWS), len(functions.PARTS)),
    ],
    ids=["tables", "functions"],
)
def test_no_pair_is_left_out(matrix: Matrix, settings: int, parts: int) -> None:
    """Every row is a choice of several forms, and every two of them are a pair, from every start."""
    choices = settings + parts
    assert len({choice.name for choice in matrix.choices}) == choices
    assert all(len(choice.forms) > 1 for choice in matrix.choices)
    assert len({frozenset((one.name, other.name)) for one, other in matrix.pairs}) == choices * (choices - 1) // 2
    assert len({start.name for start in matrix.starts}) == len(matrix.starts)
    moving = [start for start in matrix.starts if start.motion]
    assert all(matrix.due(start) == matrix.pairs for start in matrix.starts if start not in moving)
    run = [(one.name, other.name) for start in moving for one, other in matrix.due(start)]
    assert set(run) == {(one.name, other.name) for one, other in matrix.pairs}


def test_every_sort_of_part_is_known_here() -> None:
    """A new one needs choices of its own; replicas are not among the pairs yet (test_replicas.py has them)."""
    known = {"tables": {"indexes", "replicas"}, "functions": {"aliases", "permissions", "event_sources"}}
    assert {section: set(sorts) for section, sorts in PARTS.items()} == known
