"""The worlds as fixtures: `tables` in all three, `world` where transitional states of tables and functions are modelled."""

import itertools
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.contract.worlds import WORLDS, World

RULES = pytest.param("rules", marks=pytest.mark.virtual)
HTTP = pytest.param("http", marks=pytest.mark.http)
LOCAL = pytest.param("dynamodb_local", marks=pytest.mark.dynamodb_local)

_numbers = itertools.count(1)


@pytest_asyncio.fixture(params=[RULES, HTTP])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    async with WORLDS[request.param](f"contract-{next(_numbers)}") as one:
        yield one


@pytest_asyncio.fixture(params=[RULES, HTTP, LOCAL])
async def tables(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """A world of tables alone."""
    async with WORLDS[request.param](f"contract-{next(_numbers)}") as one:
        yield one
