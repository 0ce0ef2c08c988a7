"""Seeds that stopped and were mended: what an earlier run put is known for its own, and what others put is not."""

from collections.abc import Sequence
from typing import Any

import pytest

from orchestrator.errors import Fault
from orchestrator.model import Call, Item, Listed, Seed
from orchestrator.model.work import IfExists
from tests.engine.scene import outcome
from tests.engine.tasks.bench import Bench, item, many

STEP = "tasks.job/run"
BAD = item("bad")


def seed(items: Sequence[Item], if_exists: IfExists = "fail") -> Seed:
    return Seed("orders", Listed(tuple(items)), if_exists)


def bench() -> Bench:
    """One whose table refuses BAD."""
    made = Bench()

    def refuse(call: Call) -> None:
        if call.operation == "PutItem" and call.parameters["Item"] == BAD:
            raise Fault("dynamodb", call.operation, "ValidationException", "Type mismatch for Index Key", status=400)

    made.shelf.before = refuse
    return made


async def error_of(made: Bench, work: Seed) -> Any:
    return outcome(await made.run(work), STEP).error


async def refused(made: Bench, work: Seed) -> bool:
    """Whether it ends because AWS did not take BAD."""
    return await code_of(made, work) not in (None, "item-exists")


async def code_of(made: Bench, work: Seed) -> str | None:
    error = await error_of(made, work)
    return str(error["code"]) if error else None


@pytest.mark.parametrize("at", [0, 600])
@pytest.mark.parametrize("lines", [0, 300])
async def test_a_seed_that_is_mended_goes_on_though_what_it_put_is_there(at: int, lines: int) -> None:
    """With lines that are added before, too."""
    made, items = bench(), many(700, digits=2)
    assert await refused(made, seed([*items[:at], BAD, *items[at:]]))
    assert made.items
    added = [item(f"new{number}") for number in range(lines)]
    assert await code_of(made, seed([*added, *items[:at], item("good"), *items[at:]])) is None
    assert len(made.items) == 701 + lines


async def test_it_may_be_mended_many_times() -> None:
    made, items = bench(), many(600, digits=2)
    for at in (590, 0, 1):
        assert await refused(made, seed([*items[:at], BAD, *items[at:]]))
    assert await code_of(made, seed(items)) is None


async def test_after_a_kill_too() -> None:
    made, items = bench(), many(700, digits=2)
    assert await made.killed(seed(items), 700)
    assert await code_of(made, seed([item("first"), *items])) is None


async def test_an_item_that_was_put_and_says_something_else_by_now_stops_it_with_the_way_out() -> None:
    made, items = bench(), many(30, digits=2)
    assert await refused(made, seed([*items, BAD]))
    mended = [*items[:7], item(7, digits=3), *items[8:]]
    error = await error_of(made, seed(mended))
    assert 'id "0000007" is in table orders already' in error["message"]
    assert "if an earlier run of this task put it" in error["action"]
    del made.items["0000007"]
    assert await code_of(made, seed(mended)) is None


async def test_what_others_put_stops_it_again_and_again_until_it_is_taken_out() -> None:
    made, items = bench(), many(300, digits=2)
    for number in (7, 20, 250):
        made.shelf.put(item(number, digits=2))
    for _ in range(3):
        assert await code_of(made, seed(items)) == "item-exists"
    assert await code_of(made, seed([item("first"), *items])) == "item-exists"
    for taken_out in ({7}, {7, 20}):
        rest = [one for number, one in enumerate(items) if number not in taken_out]
        assert await code_of(made, seed(rest)) == "item-exists"
    rest = [one for number, one in enumerate(items) if number not in (7, 20, 250)]
    assert await code_of(made, seed(rest)) is None


async def test_nobody_waits_for_an_item_that_stopped_it() -> None:
    """The second of two with one key is handed out after the first has ended."""
    made = bench()
    made.shelf.put(item(7, digits=2))
    assert await code_of(made, seed([item(7, digits=2), item(7, digits=3), *many(3)])) == "item-exists"


async def test_what_others_put_and_take_away_again_is_put() -> None:
    made, items = bench(), many(30, digits=2)
    made.shelf.put(item(7, digits=2))
    assert await code_of(made, seed(items)) == "item-exists"
    del made.items["0000007"]
    assert await code_of(made, seed(items)) is None
    assert len(made.items) == 30


async def test_what_a_run_that_keeps_found_is_not_for_one_that_fails() -> None:
    made, items = bench(), many(30, digits=2)
    made.shelf.put(item(7, digits=2))
    assert await refused(made, seed([*items, BAD], "keep"))
    assert await code_of(made, seed(items)) == "item-exists"


async def test_what_was_put_before_the_mending_is_not_counted_as_found() -> None:
    made, items = bench(), many(30, digits=2)
    assert await refused(made, seed([*items, BAD], "keep"))
    report = await made.run(seed(items, "keep"))
    assert report.exit_code == 0
    assert not [notice for notice in report.notices if "left as they are" in notice]
