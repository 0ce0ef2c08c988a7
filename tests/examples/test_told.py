"""What a page says that a command writes is compared truly: what is missing, or too much, is found."""

from pathlib import Path

import pytest

from tests.examples import told

WRITTEN = "tables.orders\n  done   create table orders   3.2 s\n\n5 steps: 5 done.\nSucceeded in 12 s.\n"


@pytest.mark.parametrize(
    "expected",
    [
        ("tables.orders", "  done  create table orders  1 min", "…", "Succeeded in 8 s."),
        ("…", "5 steps: … done.", "…"),
        ("…",),
    ],
)
def test_lengths_of_time_and_what_is_left_out_may_be_anything(expected: tuple[str, ...]) -> None:
    assert told.missing(expected, WRITTEN) is None


@pytest.mark.parametrize(
    ("expected", "missing"),
    [
        (("tables.orders", "5 steps: 5 done.", "…"), "5 steps: 5 done."),
        (("…", "Succeeded in 8 s.", "5 steps: 5 done."), "5 steps: 5 done."),
        (("…", "4 steps: … done.", "…"), "4 steps: … done."),
        (("tables.orders",), "nothing after 'tables.orders', but:   done create table orders <time>"),
    ],
)
def test_what_is_not_there_is_found(expected: tuple[str, ...], missing: str) -> None:
    found = told.missing(expected, WRITTEN)
    assert found is not None
    assert found.split() == missing.split()


def test_a_block_that_nobody_runs_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("```yaml\nplan: nameless\n```\n")
    with pytest.raises(ValueError, match="nobody can run"):
        list(told.steps(tmp_path / "page.md"))
