"""docs/guarantees.md names tests that exist, and every requirement of this release has one."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
LAST = {"A": 10, "B": 11, "C": 9, "D": 8}
REQUIRED = {f"{letter}{number}" for letter, last in LAST.items() for number in range(1, last + 1)}


@pytest.mark.parametrize("named", sorted(set(re.findall(r"`(tests/[^`]+::[^`]+)`", PAGE))))
def test_a_named_test_exists(named: str) -> None:
    file, _, name = named.partition("::")
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_requirement_of_this_release_is_on_the_page() -> None:
    assert set(re.findall(r"^\| ([ABCD]\d+) \|", PAGE, re.MULTILINE)) == REQUIRED
