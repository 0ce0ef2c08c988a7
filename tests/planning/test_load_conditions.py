"""Conditions are read as DynamoDB reads them: what it would refuse is told by the loader, at its place."""

from pathlib import Path

import pytest

from orchestrator.model.work import Backfill
from tests.planning.marks import marked
from tests.planning.mistakes import one
from tests.planning.plans import loaded, refused

BASE = """\
plan: shop
variables: {secret: {sensitive: true, default: hush}}
tables: {orders: {partition_key: {id: S}}}
tasks:
"""


def filling(where: str, beside: str = "") -> str:
    """A backfill with this condition, and what stands beside it."""
    return f"{BASE}  t: {{backfill: {{table: orders, set: {{x: 1}}, §where: '{where}'{beside}}}}}\n"


def checking(condition: str, beside: str = "") -> str:
    """The same of a transaction."""
    check = f"check: {{table: orders, key: {{id: a}}, §if: '{condition}'{beside}}}"
    return f"{BASE}  t: {{transact: [{{{check}}}]}}\n"


@pytest.mark.parametrize("plan", [filling, checking])
@pytest.mark.parametrize(
    ("condition", "beside", "code", "said"),
    [
        ("attribute_not_exists(x) an y = z", "", "condition-refused", 'token: "an"'),
        ("attribute_not_exists(x) AND (y = z", "", "condition-refused", "Syntax error"),
        ("((y = z))", "", "condition-refused", "redundant parentheses"),
        ("((y)) = z", "", "condition-refused", "redundant parentheses"),
        ("attribute_exist(x)", "", "condition-refused", "Invalid function name; function: attribute_exist"),
        ("begins_with(x)", "", "condition-refused", "Incorrect number of operands"),
        ('y = "open"', "", "condition-refused", "stands behind a placeholder"),
        ("y = 5", "", "condition-refused", "stands behind a placeholder"),
        ("a-b = c", "", "condition-refused", "Syntax error"),
        ("attribute_not_exists(status)", "", "reserved-word", '`names: {"#status": status}` beside it'),
        ("y.Total = z", "", "reserved-word", "Write `#Total` in its place"),
        ("#s = x AND status = z", ', names: {"#s": status}', "reserved-word", "Write `#s` in its place."),
        ("attribute_type(x, :t)", ', values: {":t": X}', "condition-refused", "Invalid attribute type name"),
        ("x BETWEEN :a AND :b", ', values: {":a": 2, ":b": 1}', "condition-refused", "BETWEEN"),
        ("x < :l", ', values: {":l": [1]}', "condition-refused", "Incorrect operand type"),
        ("begins_with(x, :n)", ', values: {":n": 1}', "condition-refused", "Incorrect operand type"),
        ("x = x", "", "condition-refused", "distinct"),
    ],
)
def test_what_dynamodb_would_refuse_of_a_condition_is_told_at_its_place(
    tmp_path: Path, plan: object, condition: str, beside: str, code: str, said: str
) -> None:
    assert callable(plan)
    problem = one(tmp_path, plan(condition, beside))
    assert problem.code == code
    assert said in f"{problem.message} {problem.action}"


@pytest.mark.parametrize(
    ("condition", "beside"),
    [
        (
            "attribute_not_exists(x) AND NOT (y = z OR size(a.b[0].#c) > :n)",
            ', names: {"#c": status}, values: {":n": 1}',
        ),
        ("(x) = (y)", ""),
        ("(x) IN (:a, (:b)) and contains((x), :a)", ', values: {":a": 1, ":b": [1, {a: !!binary AAEC}]}'),
        ("((x) = y) AND ((size(z)) BETWEEN :a AND :a)", ', values: {":a": 1}'),
        ("x = :s", ', values: {":s": "${var.secret}"}'),
        ("x BETWEEN :s AND :a", ', values: {":s": "${var.secret}", ":a": a}'),
        ("x = :set", ', values: {":set": {$type: SS, values: [a, b]}}'),
        ("NOT " * 900 + "x = y", ""),
    ],
    ids=lambda text: text[:40],
)
def test_what_it_takes_is_taken(tmp_path: Path, condition: str, beside: str) -> None:
    (task,) = loaded(tmp_path, filling(condition, beside).replace("§", "")).tasks
    assert isinstance(task.work, Backfill)
    assert task.work.where == condition


def test_the_conditions_of_all_tasks_are_told_at_once(tmp_path: Path) -> None:
    text, places = marked(filling("total = x") + filling("y an z").partition("tasks:\n")[2].replace("t:", "u:", 1))
    assert [(one.line, one.column) for one in refused(tmp_path, text)] == places
