"""Loading plans that are written inside a test."""

import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest

from orchestrator.errors import InvalidPlan, Problem
from orchestrator.model import Declared, Plan
from orchestrator.planning.load import Inputs, load, read


def write(folder: Path, text: str, name: str = "plan.yaml") -> Path:
    file = folder / name
    file.write_text(textwrap.dedent(text), encoding="utf-8")
    return file


def loaded(
    folder: Path,
    text: str,
    variables: Mapping[str, object] | None = None,
    *,
    account: str | None = None,
    region: str | None = None,
) -> Plan:
    """The one plan of `text`, which is right."""
    sources = read([write(folder, text)])
    (plan,) = load(sources, Inputs(variables or {}), account=account, region=region)
    return plan


def refused(folder: Path, text: str, inputs: Inputs | None = None) -> list[Problem]:
    """What is wrong with `text`."""
    sources = read([write(folder, text)])
    with pytest.raises(InvalidPlan) as caught:
        load(sources, inputs)
    return list(caught.value.problems)


def places(problems: list[Problem]) -> list[tuple[int | None, int | None, str]]:
    """Line, column and code of each problem."""
    return [(found.line, found.column, found.code) for found in problems]


def resource(plan: Plan, path: str) -> Declared:
    """The declared table or function at `tables.orders`."""
    return next(found for found in plan.resources if str(found.ref) == path)
