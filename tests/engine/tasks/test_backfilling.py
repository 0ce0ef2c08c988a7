"""Backfills: every item is as it should be, whoever else writes and whenever the run is killed, within the write units given."""

import os
import random
import tracemalloc
from dataclasses import replace

import anyio
import pytest

from orchestrator.engine.tasks.bucket import Bucket
from orchestrator.errors import OrchestratorError
from orchestrator.model import Backfill, Call, Share
from orchestrator.model.work import Taken
from orchestrator.sandbox.clock import VirtualClock
from tests.engine.scene import outcome
from tests.engine.tasks.bench import Bench, item

EVERY = bool(os.environ.get("ORCHESTRATOR_TEST_EVERY_START"))
STEP = "tasks.job/run"
FILL = Backfill(
    "orders", {"status": {"S": "open"}}, where="attribute_not_exists(#s)", names={"#s": "status"}, segments=8
)
COPY = Backfill("orders", {"label": ("o-", Taken("name"))}, remove=("draft",), segments=4)


def filled(number: int) -> Bench:
    """A table of so many items, of which every tenth has a status."""
    bench = Bench()
    for one in range(number):
        bench.shelf.put(item(one, name=f"n{one}", draft=1, **({"status": "closed"} if one % 10 == 0 else {})))
    return bench


async def test_every_item_for_which_where_holds_is_updated_once() -> None:
    bench = filled(2000)
    report = await bench.run(FILL)
    assert report.exit_code == 0, report
    wanted = {f"{one:07d}": "closed" if one % 10 == 0 else "open" for one in range(2000)}
    assert {key: one["status"]["S"] for key, one in bench.items.items()} == wanted
    assert bench.shelf.served["UpdateItem"] == 1800
    assert "tasks.job: 2,000 items scanned: 1,800 updated." in report.notices
    assert set(bench.memory.parts) == {"share/1-of-1", "done"}


async def test_one_item_is_told_as_one() -> None:
    assert "tasks.job: 1 item scanned: 0 updated." in (await filled(1).run(FILL)).notices


async def test_what_is_taken_of_an_item_is_its_own() -> None:
    bench = filled(100)
    bench.shelf.put(item("bare", draft=1))
    report = await bench.run(COPY)
    assert all(
        one["label"]["S"] == f"o-{one['name']['S']}" and "draft" not in one
        for one in bench.items.values()
        if "name" in one
    )
    assert bench.items["bare"] == item("bare", draft=1)
    assert "1 lack an attribute" in report.notices[0]


async def test_killed_at_random_points_every_item_is_right_at_the_end() -> None:
    bench, draw, kills = filled(4000), random.Random(3), 0
    while await bench.killed(FILL, draw.randint(1, 900)):
        kills += 1
        await bench.scene.clock.sleep(60)
        assert kills < 60
    assert kills > 4
    assert {one["status"]["S"] for one in bench.items.values()} == {"open", "closed"}
    assert bench.shelf.served["UpdateItem"] <= 3600 + 64 * kills, "done twice"


async def test_lost_answers_and_throttles_skip_nothing() -> None:
    bench = filled(600)
    bench.shelf.lost, bench.shelf.throttled = 0.05, 0.05
    assert (await bench.run(FILL)).exit_code == 0
    assert sum(one["status"]["S"] == "open" for one in bench.items.values()) == 540


async def test_what_others_write_meanwhile_is_not_overwritten() -> None:
    bench, draw = filled(1000), random.Random(5)
    names: dict[str, str] = {}

    def write(call: Call) -> None:
        if call.operation == "UpdateItem" and draw.random() < 0.2:
            key = draw.choice([call.parameters["Key"]["id"]["S"], f"{draw.randrange(1000):07d}"])
            names[key] = f"new{draw.random()}"
            # A writer of today's keeps the label himself.
            bench.shelf.put(item(key, name=names[key], label=f"o-{names[key]}"))

    bench.shelf.before = write
    assert (await bench.run(COPY)).exit_code == 0
    assert len(names) > 100
    assert all(one["label"]["S"] == f"o-{one['name']['S']}" for one in bench.items.values())
    assert all(bench.items[key]["name"]["S"] == name for key, name in names.items())


async def test_an_item_that_is_gone_or_done_by_others_is_left() -> None:
    bench = filled(100)

    def write(call: Call) -> None:
        if call.operation == "UpdateItem" and (key := call.parameters["Key"]["id"]["S"]) in ("0000005", "0000006"):
            if key == "0000005":
                bench.items.pop(key, None)
            else:
                bench.shelf.put(item(key, status="paid"))

    bench.shelf.before = write
    report = await bench.run(FILL)
    assert "0000005" not in bench.items
    assert bench.items["0000006"]["status"]["S"] == "paid"
    assert "2 were gone or changed when their turn came" in report.notices[0]


async def test_write_units_are_kept_within_five_percent() -> None:
    bench = filled(3000)
    assert (await bench.run(replace(FILL, write_units=50))).exit_code == 0
    began = min(event.at for event in bench.scene.events if event.what == "intent")
    seconds = max(event.at for event in bench.scene.events if event.what == "settled") - began
    assert bench.shelf.units / seconds == pytest.approx(50, rel=0.05)


async def test_a_table_that_nobody_has_counted_is_told_as_such() -> None:
    bench = filled(300)
    await bench.run(replace(FILL, write_units=10))
    told = [event.details for event in bench.scene.events if "items scanned" in str(event.details.get("status"))]
    assert told
    assert all(one["reason"].endswith("of how many AWS has not counted yet") for one in told)
    assert 30 < told[1]["items"] < 70, "ten a second, five seconds later"


@pytest.mark.parametrize("rate", [0.25, 1, 2.3, 10])
async def test_what_was_consumed_counts_and_not_what_was_estimated(rate: float) -> None:
    """Also where one update takes more than flows in within a second."""
    clock, spent, draw = VirtualClock(), list[tuple[float, int]](), random.Random(11)
    bucket, left, estimate = Bucket(clock, rate), iter(range(600)), 1.0
    await clock.sleep(100)

    async def spend() -> None:
        nonlocal estimate
        for _ in left:
            taken = estimate
            await bucket.take(taken)
            await clock.sleep(0.01)
            units = draw.choice((1, 1, 2))
            spent.append((clock.now(), units))
            estimate += 0.1 * (units - estimate)
            bucket.settle(taken, units)

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(spend)
    assert sum(units for _, units in spent) / (spent[-1][0] - spent[0][0]) == pytest.approx(rate, rel=0.05)


async def test_who_did_not_consume_for_long_has_no_more_than_a_second_of_it() -> None:
    clock = VirtualClock()
    bucket, spent = Bucket(clock, 10), 0
    await clock.sleep(3600)
    began = clock.now()
    while clock.now() < began + 5:
        await bucket.take(1)
        spent += 1
    assert spent <= 10 + 50 + 1


async def test_a_pause_holds_between_pages() -> None:
    bench, calls = filled(3000), list[float]()
    clock = bench.scene.clock

    class Paused:
        steps, ends = 0, 0.0

        async def before_step(self) -> None:
            self.steps += 1
            if self.steps == 16:
                self.ends = clock.now() + 3600
            await clock.sleep(max(0.0, self.ends - clock.now()))

        async def before_call(self) -> float:
            return float("inf")

        async def until_over(self) -> OrchestratorError:
            await anyio.sleep_forever()
            raise AssertionError

    bench.guard = paused = Paused()
    bench.shelf.before = lambda _: calls.append(clock.now())
    assert (await bench.run(replace(FILL, write_units=100))).exit_code == 0
    assert calls[0] < paused.ends - 3600
    assert calls[-1] > paused.ends
    assert not [at for at in calls if paused.ends - 3500 < at < paused.ends], "more than a page is done during a pause"


async def test_several_jobs_share_a_backfill_and_the_last_one_has_done_it() -> None:
    bench = filled(1000)
    first = await bench.run(_share(1), then=True)
    assert outcome(first, STEP).outcome == "done"
    assert outcome(first, "tasks.job/then").outcome == "not_run"
    assert any("still to be done by other jobs, or by `--shard`: 2/3, 3/3" in notice for notice in first.notices)
    assert "done" not in bench.memory.parts
    served = bench.shelf.served["UpdateItem"]
    await bench.run(_share(1))
    assert bench.shelf.served["UpdateItem"] == served, "a share that is done is done again"
    await bench.run(_share(3))
    last = await bench.run(_share(2), then=True)
    assert "done" in bench.memory.parts
    assert outcome(last, "tasks.job/then").outcome != "not_run"
    assert sum(one["status"]["S"] == "open" for one in bench.items.values()) == 900


async def test_another_number_of_segments_begins_anew() -> None:
    bench = filled(1000)
    assert await bench.killed(FILL, 700)
    assert (await bench.run(replace(FILL, segments=5))).exit_code == 0
    assert {one["status"]["S"] for one in bench.items.values()} == {"open", "closed"}


@pytest.mark.skipif(not EVERY, reason="a million items: ORCHESTRATOR_TEST_EVERY_START=1")
async def test_a_million_items_killed_fifty_times() -> None:
    bench, draw = filled(1_000_000), random.Random(7)
    tracemalloc.start()
    base, most = tracemalloc.get_traced_memory()[0], 0
    for _ in range(50):
        assert await bench.killed(FILL, draw.randint(1000, 30_000))
        bench.scene.events.clear()
        most = max(most, tracemalloc.get_traced_memory()[0] - base)
    tracemalloc.stop()
    assert (await bench.run(FILL)).exit_code == 0
    wanted = {f"{one:07d}": "closed" if one % 10 == 0 else "open" for one in range(1_000_000)}
    assert {key: one["status"]["S"] for key, one in bench.items.items()} == wanted
    # What grows is the table itself: an attribute of each item that was updated.
    assert most < 900 * 900_000


def _share(number: int) -> Backfill:
    return replace(FILL, share=Share(number, 3))
