"""CSV as the standard library's strict reader has it, but for empty cells, which are told from quoted ones."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.errors import InvalidPlan
from orchestrator.planning.seeds import check
from orchestrator.planning.seeds.csv_cells import NotCsv, records


def ours(text: str) -> list[Sequence[str | None]] | None:
    """None where it is no CSV."""
    try:
        return [cells for _, cells in records(enumerate(io.StringIO(text, newline="\n"), 1))]
    except NotCsv:
        return None


def theirs(text: str) -> list[list[str]] | None:
    try:
        return [cells or [""] for cells in csv.reader(io.StringIO(text, newline="\n"), strict=True)]
    except csv.Error:
        return None


@given(st.lists(st.sampled_from(['"', '""', ",", "\n", "\r\n", "\r", "a", " ", "ü", "\x00"]), max_size=20).map("".join))
def test_cells_are_those_of_the_standard_reader(text: str) -> None:
    found = ours(text)
    assert (found and [[cell or "" for cell in cells] for cells in found]) == theirs(text)


@given(st.lists(st.lists(st.none() | st.text('",\r\n a'), min_size=1, max_size=4), max_size=4))
def test_what_is_written_is_read(rows: list[list[str | None]]) -> None:
    def written(cell: str | None) -> str:
        return "" if cell is None else '"' + cell.replace('"', '""') + '"'

    assert ours("".join(",".join(map(written, row)) + "\r\n" for row in rows)) == rows


def test_a_quoted_empty_cell_is_an_empty_string_and_nothing_leaves_the_attribute_out(tmp_path: Path) -> None:
    (path := tmp_path / "i.csv").write_text('id,v,n:N,w\nquoted,"","",x\nempty,,,\n')
    assert list(check(path)) == [
        {"id": {"S": "quoted"}, "v": {"S": ""}, "w": {"S": "x"}},
        {"id": {"S": "empty"}},
    ]


def test_a_key_is_never_the_empty_string(tmp_path: Path) -> None:
    (path := tmp_path / "i.csv").write_text('id\na\n\n""\n')
    with pytest.raises(InvalidPlan, match="can't be empty") as caught:
        check(path, {"id": "S"})
    assert [problem.line for problem in caught.value.problems] == [4]


def test_a_quote_that_is_never_closed_does_not_fill_the_memory(tmp_path: Path) -> None:
    (path := tmp_path / "i.csv").write_text('id\n"' + ("x" * 1023 + "\n") * 9 * 1024)
    with pytest.raises(InvalidPlan, match="a cell has more than 8 MB"):
        check(path)
