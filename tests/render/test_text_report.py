"""The report for people, beyond what the golden files show."""

from dataclasses import replace

import pytest

from orchestrator.render.text.report import report
from orchestrator.render.view import View
from tests.render import nouns

RETRIES = (("ResourceInUseException", "wait_and_reissue", 2), ("ThrottlingException", "backoff", 1))


@pytest.mark.parametrize(
    ("operations", "end"), [(4, ""), (5, " and 1 other operation"), (6, " and 2 other operations")]
)
def test_of_the_calls_the_most_frequent_are_counted_out(operations: int, end: str) -> None:
    calls = {f"dynamodb:Call{number}": 1 for number in range(operations)}
    told = report(replace(nouns.DONE, calls=calls))
    assert f"1 dynamodb:Call3{end}.\n" in told


def test_on_a_narrow_terminal_what_was_tried_again_has_a_line_of_its_own() -> None:
    """Broken between facts, for the page as a whole, not by the terminal in the middle of a word."""
    retried = "3 retries (ResourceInUseException, ThrottlingException)"
    report_ = replace(nouns.REPORT, steps=(replace(nouns.REPORT.steps[1], retries=RETRIES),))
    assert f"29 s, {retried}\n" in report(report_, nouns.PREVIEW, View(width=122))
    assert f"29 s\n      {retried}\n" in report(report_, nouns.PREVIEW, View(width=80))
