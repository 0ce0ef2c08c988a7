"""Where stories are told: `tables` in all three worlds, `world` where transitional states and functions are modelled too, and
`items` where whole runs are made.
"""

import uuid

import pytest

from tests.contract.worlds import WORLDS, Place

RULES = pytest.param("rules")
HTTP = pytest.param("http", marks=pytest.mark.http)
LOCAL = pytest.param("dynamodb_local", marks=pytest.mark.dynamodb_local)


@pytest.fixture(params=[RULES, HTTP])
def world(request: pytest.FixtureRequest) -> Place:
    return _place(request.param)


@pytest.fixture(params=[RULES, HTTP, LOCAL])
def tables(request: pytest.FixtureRequest) -> Place:
    """A world of tables alone."""
    return _place(request.param)


@pytest.fixture(params=[RULES, LOCAL])
def items(request: pytest.FixtureRequest) -> Place:
    """A world of tables and their items where the engine can run: time is virtual, or real."""
    return _place(request.param)


def _place(name: str) -> Place:
    opened, run = WORLDS[name]
    # DynamoDB Local keeps its tables from one run of the tests to the next.
    return Place(opened, run, f"contract-{uuid.uuid4().hex[:12]}")
