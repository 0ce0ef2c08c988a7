"""Tests of the engine and of the simulated control planes run in virtual time, on a loop whose clock jumps."""

import asyncio
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from orchestrator.sandbox.clock import EPOCH, VirtualClock, VirtualLoop

# The same examples in every run, so that one that fails does so at the change that brought it; others by hand.
settings.register_profile("same", derandomize=True)
settings.register_profile("others", derandomize=False)
settings.load_profile("others" if os.environ.get("ORCHESTRATOR_TEST_RANDOM") else "same")

LoopFactory = Callable[[], asyncio.AbstractEventLoop]
TESTS = Path(__file__).parent
VIRTUAL = (TESTS / "engine", TESTS / "sandbox", TESTS / "state")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "virtual: runs in virtual time, wherever it stands")


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> Mapping[str, LoopFactory]:
    """The virtual loop for what stands under engine/ or sandbox/ or is marked so; never for real HTTP."""
    virtual = any(item.path.is_relative_to(folder) for folder in VIRTUAL) or item.get_closest_marker("virtual")
    if virtual and not item.get_closest_marker("http"):
        return {"virtual": VirtualLoop}
    return {"real": asyncio.new_event_loop}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: what talks over loopback waits more than it works."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Who is done takes over from the others: no long test is left alone at the end. None: as the command line says."""
    if config.getoption("dist") != "load":
        return None
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log)


@pytest.fixture
def clock() -> VirtualClock:
    """Virtual time from the start of 2026."""
    return VirtualClock(EPOCH)
