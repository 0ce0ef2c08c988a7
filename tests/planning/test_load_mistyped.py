"""What is told of words that are nearly right, and that nothing is told which only comes of another mistake."""

from pathlib import Path

import pytest

from orchestrator.errors import Problem
from tests.planning.marks import marked
from tests.planning.plans import places, refused

BASE = "plan: shop\ntables: {orders: {partition_key: {id: S}}}\ntasks:\n"


def of_task(folder: Path, body: str) -> list[Problem]:
    return list(refused(folder, f"{BASE}  a: {{seed: {{table: orders, items: []}}}}\n  t: {{{body}}}\n"))


def test_a_list_whose_entries_are_wrong_is_not_also_too_short(tmp_path: Path) -> None:
    (problem,) = of_task(tmp_path, "transact: [{updat: {table: orders, key: {id: x}, set: {a: 1}}}]")
    assert "updat" in problem.message
    (empty,) = of_task(tmp_path, "transact: []")
    assert "at least 1 entry" in empty.message


@pytest.mark.parametrize(
    ("body", "action"),
    [
        ("backfill: {table: orders, set: {a: '${item.us er}'}}", '`${item["us er"]}`'),
        ("seed: {table: orders, items: []}, after: [task.a]", "Did you mean `tasks.a`?"),
        ("seed: {table: orders, items: []}, after: [table.orders.indexes.x]", "`tables.orders.indexes.x`?"),
        ("seed: {table: orders, items: []}, after: [task]", "Did you mean `tasks`?"),
    ],
)
def test_the_whole_of_what_was_meant_is_offered(tmp_path: Path, body: str, action: str) -> None:
    (problem,) = of_task(tmp_path, body)
    assert action in problem.action


@pytest.mark.parametrize(("header", "sign"), [("id;n:N", "semicolons"), ("id\tn:N", "tabs")])
def test_cells_that_no_comma_separates_are_told_as_such(tmp_path: Path, header: str, sign: str) -> None:
    (tmp_path / "items.csv").write_text(f"{header}\nx;1\n")
    (problem,) = of_task(tmp_path, "seed: {table: orders, file: items.csv}")
    assert (problem.line, problem.message) == (1, f"The header is one cell with {sign} in it.")


def test_a_stage_s_name_twice_is_told_beside_all_else(tmp_path: Path) -> None:
    text, wanted = marked(
        "plan: shop\nstages:\n"
        "  - {stage: one, tables: {orders: {}}}\n"
        "  - {§stage: one, tasks: {a: {backfill: {§table: order, set: {x: 1}}}}}\n"
        "  - {stage: two, §tabels: {}}\n"
    )
    assert [place[:2] for place in places(refused(tmp_path, text))] == wanted
