"""Seeds: every item once, whatever breaks; what is there is kept, replaced or reported; a later run goes on."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from orchestrator.model import Call, Item, Listed, Seed, hide
from orchestrator.model.work import IfExists
from tests.engine.scene import outcome
from tests.engine.tasks.bench import Bench, item, many

SORTS: tuple[IfExists, ...] = ("keep", "overwrite", "fail")
STEP = "tasks.job/run"


@dataclass
class Streamed:
    """Items as a file has them; `read` is how many were."""

    number: int
    read: int = 0
    stated: str = "a digest"
    file: str = "items.jsonl"
    head: Sequence[Item] = ()

    def place(self, number: int) -> str:
        return f"{self.file}:{number + 1}"

    def __iter__(self) -> Iterator[Item]:
        for number in range(self.number):
            self.read += 1
            yield item(number, digits=number)


def seed(items: Any, if_exists: IfExists = "keep") -> Seed:
    return Seed("orders", items if isinstance(items, Streamed) else Listed(tuple(items)), if_exists)


@pytest.mark.parametrize("if_exists", SORTS)
async def test_every_item_is_put_and_the_task_is_done_once(if_exists: IfExists) -> None:
    bench = Bench()
    report = await bench.run(seed(many(130, digits=2), if_exists))
    assert report.exit_code == 0, report
    assert bench.items == {one["id"]["S"]: one for one in many(130, digits=2)}
    assert bench.shelf.served == {"BatchWriteItem": 6} if if_exists == "overwrite" else {"PutItem": 130}
    bench.shelf.served.clear()
    assert outcome(await bench.run(seed(many(130, digits=2), if_exists)), STEP).outcome == "already_in_place"
    assert not bench.shelf.served


async def test_what_is_there_is_kept_and_counted() -> None:
    bench = Bench()
    bench.shelf.put(item(7, digits=9))
    report = await bench.run(seed(many(30, digits=2)))
    assert bench.items["0000007"] == item(7, digits=9)
    assert "tasks.job: 1 of 30 items were there already and were left as they are." in report.notices


async def test_what_is_there_is_replaced() -> None:
    bench = Bench()
    bench.shelf.put(item(7, digits=9))
    assert (await bench.run(seed(many(30, digits=2), "overwrite"))).exit_code == 0
    assert bench.items["0000007"] == item(7, digits=2)


async def test_what_is_there_ends_the_task_with_its_key() -> None:
    bench = Bench()
    bench.shelf.put(item(7, digits=2))
    error = outcome(await bench.run(seed(many(30, digits=2), "fail")), STEP).error
    assert error is not None
    assert (error["code"], 'id "0000007" is in table orders already' in error["message"]) == ("item-exists", True)


async def test_a_hidden_key_is_not_shown() -> None:
    bench = Bench()
    bench.shelf.put(item("secret"))
    error = outcome(await bench.run(seed([{"id": {"S": hide("secret")}}], "fail")), STEP).error
    assert error is not None
    assert "id (hidden)" in error["message"]
    assert "secret" not in str(bench.scene.events)


@pytest.mark.parametrize("if_exists", SORTS)
async def test_lost_answers_throttles_and_unprocessed_items_cost_nothing(if_exists: IfExists) -> None:
    bench = Bench()
    bench.shelf.lost, bench.shelf.throttled, bench.shelf.unprocessed = 0.1, 0.1, 0.1
    report = await bench.run(seed(many(500, digits=2), if_exists))
    assert report.exit_code == 0, report
    assert bench.items == {one["id"]["S"]: one for one in many(500, digits=2)}
    assert not [notice for notice in report.notices if "left as they are" in notice]


@pytest.mark.parametrize("if_exists", SORTS)
async def test_killed_anywhere_the_next_run_goes_on(if_exists: IfExists) -> None:
    bench, draw, kills = Bench(), random.Random(1), 0
    bench.shelf.lost = 0.001
    together = if_exists == "overwrite"
    items, calls = Streamed(5000 if together else 2000), (50, 90) if together else (800, 1600)
    while await bench.killed(seed(items, if_exists), draw.randint(*calls)):
        kills += 1
        assert kills < 40
    assert kills > 1
    assert bench.items == {one["id"]["S"]: one for one in items}
    assert not [event for event in bench.scene.events if event.what == "failed"]
    assert "left as they are" not in str([event.details for event in bench.scene.events if event.what == "notice"])


async def test_a_later_run_does_not_begin_anew() -> None:
    bench = Bench()
    assert await bench.killed(seed(Streamed(3000)), 2500)
    bench.shelf.served.clear()
    assert (await bench.run(seed(Streamed(3000)))).exit_code == 0
    assert bench.shelf.served["PutItem"] < 1100
    assert len(bench.items) == 3000


async def test_what_others_put_before_is_not_taken_for_ours_after_a_kill() -> None:
    bench = Bench()
    bench.shelf.put(item(2800, digits=2800))
    assert await bench.killed(seed(Streamed(3000), "fail"), 800)
    error = outcome(await bench.run(seed(Streamed(3000), "fail")), STEP).error
    assert error is not None
    assert error["code"] == "item-exists"


async def test_a_seed_that_is_done_always_is_done_from_the_start() -> None:
    bench = Bench()
    for _ in range(2):
        bench.items.clear()
        assert (await bench.run(seed(many(30), "overwrite"), rule="always")).exit_code == 0
        assert len(bench.items) == 30


async def test_of_two_items_with_one_key_the_later_one_stays() -> None:
    bench = Bench()
    items = [item("twice", digits=number) for number in range(60)]
    await bench.run(seed([*many(10), *items, *many(10)], "overwrite"))
    assert bench.items["twice"] == item("twice", digits=59)


async def test_more_go_out_at_once_until_something_is_throttled() -> None:
    bench = Bench()
    await bench.run(seed(Streamed(2500)))
    assert bench.shelf.most_out > 30
    slow = Bench()
    slow.shelf.throttled = 0.3
    await slow.run(seed(Streamed(500)))
    assert slow.shelf.most_out < 12
    retried = [event for event in slow.scene.events if event.what == "retrying"]
    assert len(retried) < 20, "a throttled seed floods the journal"


async def test_a_file_is_read_as_it_is_needed() -> None:
    bench, items = Bench(), Streamed(20_000)

    def look(call: Call) -> None:
        assert items.read <= len(bench.items) + 5200

    bench.shelf.before = look
    await bench.run(seed(items, "overwrite"))
    assert len(bench.items) == 20_000


async def test_progress_is_told_with_rate_and_percent() -> None:
    bench = Bench()
    bench.shelf.latency = 2.0
    await bench.run(seed(many(1500)))
    told = [event.details for event in bench.scene.events if event.what == "waiting" and "items" in event.details]
    assert 2 < len(told) < 60
    assert " of 1,500 items" in told[-1]["status"]
    assert " a second" in told[-1]["reason"]
    assert 50 < told[-1]["progress"] <= 100
