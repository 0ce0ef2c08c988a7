"""Several plans of one command: which files are read, and what may not stand in two of them."""

from pathlib import Path

import pytest

from orchestrator.errors import InvalidPlan, Problem
from orchestrator.planning.load import load, read
from tests.planning.marks import marked
from tests.planning.mistakes import one
from tests.planning.plans import loaded, write


def refused_all(*paths: Path, region: str | None = None) -> list[Problem]:
    with pytest.raises(InvalidPlan) as caught:
        load(read(paths), region=region)
    return list(caught.value.problems)


def test_a_folder_is_read_by_name_and_not_recursively(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "c.json", ".hidden.yaml", "B.yaml"):
        write(tmp_path, f"plan: p{sum(map(ord, name))}\n", name)
    (tmp_path / "inner.yaml").mkdir()
    write(tmp_path / "inner.yaml", "plan: inner\n")
    assert [Path(plan.file).name for plan in load(read([tmp_path]))] == ["B.yaml", "a.yml", "b.yaml"]


def test_a_file_named_twice_is_one_plan(tmp_path: Path) -> None:
    file = write(tmp_path, "plan: shop\n")
    assert len(load(read([file, tmp_path, str(file)]))) == 1


def test_problems_of_all_files_are_told_together_in_order(tmp_path: Path) -> None:
    write(tmp_path, "plan: [\n", "a.yaml")
    write(tmp_path, "plan: Wrong\n", "b.yaml")
    write(tmp_path, "plan: right\n", "c.yaml")
    found = refused_all(tmp_path, tmp_path / "nope.yaml")
    assert [Path(problem.file or "").name for problem in found] == ["a.yaml", "b.yaml", "nope.yaml"]


def test_files_that_can_t_be_read(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    write(tmp_path, "plan: a\n", "orders.yaml")
    found = refused_all(empty, tmp_path / "order.yaml", tmp_path / ("x" * 300 + ".yaml"), tmp_path / "nul\0.yaml")
    assert sorted(problem.code for problem in found) == ["no-plan", "no-plan", "unreadable-file", "unreadable-file"]
    assert "Did you mean `orders.yaml`?" in [problem.action for problem in found]


ACROSS = [
    ("plan: one\n", "§plan: one\n", "same-plan"),
    ("plan: one\ntables: {orders: {}}\n", "plan: two\ntables: {§orders: absent}\n", "same-resource"),
    ("plan: one\ntables: {abc: {name: x-y}}\n", "plan: two\ntables: {§bcd: {name: x-y}}\n", "same-resource"),
    ("plan: one\naccount: '123456789012'\n", "plan: two\n§account: '210987654321'\n", "several-accounts"),
    ("plan: one\nregion: eu-west-1\n", "plan: two\n§region: us-east-1\n", "several-regions"),
]


@pytest.mark.parametrize(("first", "second", "code"), ACROSS, ids=lambda text: text if "\n" not in text else "")
def test_plans_that_do_not_go_together(first: str, second: str, code: str, tmp_path: Path) -> None:
    plain, (place,) = marked(second)
    (problem,) = refused_all(write(tmp_path, first, "a.yaml"), write(tmp_path, plain, "b.yaml"))
    assert (problem.line, problem.column, problem.code) == (*place, code)
    assert Path(problem.file or "").name == "b.yaml"


def test_a_region_from_outside_wins_over_those_of_the_plans(tmp_path: Path) -> None:
    write(tmp_path, "plan: one\nregion: eu-west-1\n", "a.yaml")
    write(tmp_path, "plan: two\nregion: us-east-1\n", "b.yaml")
    assert len(load(read([tmp_path]), region="eu-west-1")) == 2


def test_one_real_resource_is_declared_once_in_a_plan_too(tmp_path: Path) -> None:
    assert one(tmp_path, "plan: one\ntables: {abc: {name: x-y}, §bcd: {name: x-y}}\n").code == "same-resource"


def test_a_table_and_a_function_may_share_a_name(tmp_path: Path) -> None:
    assert len(loaded(tmp_path, "plan: one\ntables: {orders: {}}\nfunctions: {orders: {}}\n").resources) == 2
