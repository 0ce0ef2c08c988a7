"""`requires`: whole plans of one command, one after the other."""

from pathlib import Path

import pytest

from orchestrator.errors import InvalidPlan, Problem
from orchestrator.planning.load import load, read
from tests.planning.marks import marked
from tests.planning.plans import write


def refused_all(folder: Path, *texts: str) -> list[Problem]:
    """What is wrong with plans of one command, the marks taken out of them."""
    files = [write(folder, marked(text)[0], f"{number}.yaml") for number, text in enumerate(texts)]
    with pytest.raises(InvalidPlan) as caught:
        load(read(files))
    return list(caught.value.problems)


def test_a_plan_keeps_what_it_requires(tmp_path: Path) -> None:
    first = write(tmp_path, "plan: orders\nrequires: [accounts, users]\n", "a.yaml")
    others = [write(tmp_path, f"plan: {name}\n", f"{name}.yaml") for name in ("users", "accounts")]
    assert [plan.requires for plan in load(read([first, *others]))] == [("accounts", "users"), (), ()]


WRONG = [
    (("plan: a\nrequires: [§accouns]\n", "plan: accounts\n"), "dangling-reference", "Did you mean `accounts`?"),
    (("plan: a\nrequires: [§other]\n",), "dangling-reference", "only plan that is given"),
    (("plan: a\nrequires: [§a]\n", "plan: b\n"), "cycle", "Leave it out."),
    (
        ("plan: a\nrequires: [§b]\n", "plan: b\nrequires: [c]\n", "plan: c\nrequires: [a]\n"),
        "cycle",
        "Break the circle",
    ),
    (("plan: a\nrequires: [b, §b]\n", "plan: b\n"), "repeated-entry", "Leave it out."),
]


@pytest.mark.parametrize(("texts", "code", "action"), WRONG, ids=lambda value: value if isinstance(value, str) else "")
def test_what_can_t_be_required(texts: tuple[str, ...], code: str, action: str, tmp_path: Path) -> None:
    (problem,) = refused_all(tmp_path, *texts)
    assert (problem.line, problem.column) == marked(texts[0])[1][0]
    assert problem.code == code
    assert action in problem.action


def test_a_circle_is_told_whole(tmp_path: Path) -> None:
    (problem,) = refused_all(tmp_path, "plan: a\nrequires: [b]\n", "plan: b\nrequires: [a]\n")
    assert "a → b → a" in problem.message


def test_a_plan_that_could_not_be_read_is_not_said_to_be_missing(tmp_path: Path) -> None:
    (problem,) = refused_all(tmp_path, "plan: a\nrequires: [b]\n", "plan: b\nversion: 9\n")
    assert problem.code == "wrong-value"


def test_a_plan_that_is_wrong_in_its_tables_is_known_by_name(tmp_path: Path) -> None:
    (problem,) = refused_all(tmp_path, "plan: a\nrequires: [b]\n", "plan: b\ntables: {orders: {ttl: 5}}\n")
    assert problem.code == "wrong-value"
