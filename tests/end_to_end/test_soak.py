"""Many overlapping plans by several processes, with faults on: all converge, nothing is refused or made twice, no lock is left.

A few by default; ORCHESTRATOR_TEST_EVERY_START=1 takes 200 plans over 50 tables by 8 processes, ten of them killed.
`benchmarks/soak.py` prints the figures of the same.
"""

import os
from dataclasses import asdict
from pathlib import Path

import pytest

from orchestrator.sandbox.rules.durations import Durations
from tests.end_to_end.soak import FAULTY, SEEN, Size, Soak, doubled, refused

pytestmark = pytest.mark.http

FAST = asdict(Durations.fast()) | {"auto_scaling": 0.0}
EVERY = bool(os.environ.get("ORCHESTRATOR_TEST_EVERY_START"))
SIZE = Size(200, 50, 10, 8, kills=10) if EVERY else Size(4, 4, 1, 3)
DURATIONS = Durations(**(FAST if EVERY else {name: seconds / 10 for name, seconds in FAST.items()}))


async def test_all_plans_converge_and_leave_no_lock(tmp_path: Path) -> None:
    soak = Soak(tmp_path, SIZE, DURATIONS, FAULTY if EVERY else SEEN)
    with soak.server:
        found = soak.run()
        assert {codes[-1] for codes in found.codes.values()} == {0}, found.codes
        assert all(code in (0, -9) for codes in found.codes.values() for code in codes), found.codes
        assert soak.astray() == []
        timeline = soak.timeline()
        assert refused(timeline) == {}
        assert doubled(timeline) == {}
        assert timeline["clashes"] == 0
        runs = await soak.runs()
        assert [known for known in runs if known.live] == []
        assert all(known.run.life in ("ended", "lost") for known in runs)
