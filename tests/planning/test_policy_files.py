"""`resource_policy`: written in the plan or in a file beside it, and what is wrong with either, at its place."""

import json
from pathlib import Path
from typing import Any

import pytest

from orchestrator.errors import Problem
from orchestrator.planning.load import load, read
from tests.planning.plans import loaded, refused, resource, write

STATEMENT = {"Effect": "Allow", "Principal": {"AWS": "${aws:username}"}, "Action": "dynamodb:GetItem", "Resource": "*"}
DOCUMENT = {"Version": "2012-10-17", "Statement": [STATEMENT]}
PLAN = "plan: shop\nvariables: {stage: {default: dev}}\ntables:\n  orders:\n    resource_policy: {policy}\n"


def plan(policy: str) -> str:
    return PLAN.replace("{policy}", policy)


def one(folder: Path, policy: str) -> Problem:
    (problem,) = refused(folder, plan(policy))
    assert (problem.line, problem.column) == (5, 5)
    assert problem.subject == "tables.orders.resource_policy"
    assert problem.action
    return problem


def stated(folder: Path, policy: str) -> Any:
    return resource(loaded(folder, plan(policy)), "tables.orders").spec.resource_policy


def test_a_file_is_taken_as_it_stands_relative_to_the_plan(tmp_path: Path) -> None:
    """No reference is put in: `${aws:username}` is AWS's."""
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "dev.json").write_text(json.dumps(DOCUMENT, indent=4), encoding="utf-8")
    assert stated(tmp_path, '{file: "policies/${var.stage}.json"}') == DOCUMENT


def test_it_is_read_once_however_often_the_plan_is_loaded(tmp_path: Path) -> None:
    """As code is: what is applied for the account is what was checked offline."""
    (tmp_path / "policy.json").write_text(json.dumps(DOCUMENT), encoding="utf-8")
    sources = read([write(tmp_path, plan("{file: policy.json}"))])
    first = load(sources)
    (tmp_path / "policy.json").write_text("{}", encoding="utf-8")
    assert load(sources, account="123456789012") == first


def test_the_document_may_stand_in_the_plan(tmp_path: Path) -> None:
    inline = "{Statement: [{Effect: Allow, Principal: '*', Action: 'dynamodb:GetItem', Resource: '*', Sid: \"${var.stage}\"}]}"
    assert stated(tmp_path, inline)["Statement"][0]["Sid"] == "dev"


def test_off_is_no_policy(tmp_path: Path) -> None:
    assert stated(tmp_path, "off") == "off"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b'{"Statement": [], "Statement": [1]}', "'Statement' stands twice"),
        (b'{"Statement": NaN}', "NaN is no number"),
        (b"[1]", "holds no JSON object"),
        (b"[" * 100_000, "is not JSON"),
        (b"[" * 200 + b"]" * 200, "nested too deeply"),
    ],
)
def test_a_file_that_is_no_policy_says_why(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "policy.json").write_bytes(content)
    problem = one(tmp_path, "{file: policy.json}")
    assert problem.code == "policy-file"
    assert said in problem.message


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("{file: nowhere.json}", "no such file"),
        ("{file: .}", "a folder"),
        ("{file: 5}", "no path"),
        ("{file: policy.json, Statement: []}", "stands beside Statement"),
    ],
)
def test_a_file_that_can_not_be_read_says_why(policy: str, said: str, tmp_path: Path) -> None:
    problem = one(tmp_path, policy)
    assert problem.code == "policy-file"
    assert said in problem.message


@pytest.mark.parametrize("policy", ["{}", "{Version: '2012-10-17'}", "{Statement: []}"])
def test_a_policy_has_statements(policy: str, tmp_path: Path) -> None:
    assert one(tmp_path, policy).code == "policy-without-statement"


def test_a_policy_holds_no_binary_values(tmp_path: Path) -> None:
    assert one(tmp_path, "{Statement: [{Sid: !!binary aGk=}]}").code == "policy-not-json"


@pytest.mark.parametrize(("size", "fits"), [(20_480, True), (20_481, False)])
def test_a_policy_has_twenty_kilobytes_at_most_as_it_is_sent(size: int, fits: bool, tmp_path: Path) -> None:
    """Fact sheet 3. White space of the file is not sent."""
    frame = len('{"Statement":[{"Sid":""}]}')
    document = {"Statement": [{"Sid": "x" * (size - frame)}]}
    (tmp_path / "policy.json").write_text(json.dumps(document, indent=8), encoding="utf-8")
    if fits:
        assert stated(tmp_path, "{file: policy.json}") == document
    else:
        assert one(tmp_path, "{file: policy.json}").code == "policy-too-large"


def test_a_file_is_looked_at_also_where_something_else_is_wrong(tmp_path: Path) -> None:
    problems = refused(tmp_path, plan("{file: nowhere.json}") + "    ttl: 5\n")
    assert [problem.code for problem in problems] == ["policy-file", "wrong-value"]


def test_a_variable_without_a_value_does_not_break_the_check(tmp_path: Path) -> None:
    text = "plan: shop\nvariables: {who: {}}\ntables: {orders: {resource_policy: {Statement: [{Sid: '${var.who}'}]}}}\n"
    (problem,) = refused(tmp_path, text)
    assert "who" in problem.message
