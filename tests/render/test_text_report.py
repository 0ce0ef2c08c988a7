"""The report for people, beyond what the golden files show."""

from dataclasses import replace

import pytest

from orchestrator.render.text.report import report
from tests.render import nouns


@pytest.mark.parametrize(
    ("operations", "end"), [(4, ""), (5, " and 1 other operation"), (6, " and 2 other operations")]
)
def test_of_the_calls_the_most_frequent_are_counted_out(operations: int, end: str) -> None:
    calls = {f"dynamodb:Call{number}": 1 for number in range(operations)}
    told = report(replace(nouns.DONE, calls=calls))
    assert f"1 dynamodb:Call3{end}.\n" in told
