"""What one look means: never too early, never for another thing, and unknown states are waited for."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from orchestrator.engine.judge import NEWS_AFTER, QUIET, Doubt, Lagging, Look
from orchestrator.model import Call, Pending
from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.durations import Staleness
from tests.engine.scene import Scene, outcomes, table, tables


class Ticking:
    """A clock for Doubt that the test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_doubt_asks_for_one_more_look_where_zero_seconds_are_asked_for() -> None:
    doubt = Doubt(lambda live: Look.REACHED, {Look.REACHED: 0}, Ticking())
    assert [doubt(None), doubt(None)] == [QUIET, Look.REACHED]


def test_doubt_lasts_as_long_as_it_should_and_is_news_only_after_a_while() -> None:
    clock = Ticking()
    doubt = Doubt(lambda live: Look.UNREACHED, {Look.UNREACHED: 30}, clock)
    seen = []
    for _ in range(8):
        seen.append(doubt(None))
        clock.now += NEWS_AFTER
    assert seen == [QUIET, *[Lagging(Look.UNREACHED.value)] * 5, Look.UNREACHED, Look.UNREACHED]


@pytest.mark.parametrize("between", [Look.READY, Pending("table UPDATING")])
def test_doubt_begins_anew_when_something_else_was_seen_between(between: Look | Pending) -> None:
    looks = iter([Look.REACHED, between, Look.REACHED, Look.REACHED])
    doubt = Doubt(lambda live: next(looks), {Look.REACHED: 0}, Ticking())
    assert [doubt(None) for _ in range(4)] == [QUIET, between, QUIET, Look.REACHED]


def test_what_is_not_doubtful_passes() -> None:
    doubt = Doubt(lambda live: Look.READY, {Look.REACHED: 0}, Ticking())
    assert doubt(None) is Look.READY


class Painting:
    """A Cloud whose DescribeTable replies are repainted: the nth of them by `paint(n, table)`."""

    def __init__(self, scene: Scene, paint: Callable[[int, dict[str, Any]], None]) -> None:
        self._scene = scene
        self._paint = paint
        self._seen = 0

    async def send(self, call: Call) -> Mapping[str, Any]:
        reply = await self._scene.cloud.send(call)
        if call.operation == "DescribeTable":
            self._seen += 1
            self._paint(self._seen, reply["Table"])
        return reply


def fresh() -> Scene:
    return Scene(Account(staleness=Staleness.off()))


async def test_a_status_that_nobody_knows_is_waited_for_and_told() -> None:
    """Architecture, rule 5: unknown statuses count as Pending."""
    scene = fresh()
    await scene.settled(tables(orders=table()))
    preview, world = await scene.preview(tables(orders=table(stream="new_image")))

    def paint(nth: int, seen: dict[str, Any]) -> None:
        if nth < 20:
            seen["TableStatus"] = "REBALANCING"

    report = await scene.execute(preview, world, cloud=Painting(scene, paint))
    assert report.outcome == "succeeded"
    assert "table REBALANCING" in {event.details.get("status") for event in scene.events}


async def test_a_table_that_will_not_settle_by_itself_stops_its_lane_with_the_reason() -> None:
    """Fact sheet 14.1, rule 5."""
    scene = fresh()
    await scene.settled(tables(orders=table(), other=table()))
    preview, world = await scene.preview(tables(orders=table(stream="new_image"), other=table(stream="new_image")))

    def paint(nth: int, seen: dict[str, Any]) -> None:
        if seen["TableName"] == "orders":
            seen["TableStatus"] = "INACCESSIBLE_ENCRYPTION_CREDENTIALS"

    report = await scene.execute(preview, world, cloud=Painting(scene, paint))
    assert outcomes(report) == {"tables.orders:update-stream": "failed", "tables.other:update-stream": "done"}
    error = report.steps[0].error
    assert error is not None
    assert error["code"] == "INACCESSIBLE_ENCRYPTION_CREDENTIALS"
    assert "KMS" in error["message"]


async def test_a_table_that_will_not_settle_may_still_be_deleted() -> None:
    """Taking it away is one way to mend it."""
    scene = fresh()
    await scene.settled(tables(orders=table()))
    preview, world = await scene.preview(tables(orders="absent"))

    def paint(nth: int, seen: dict[str, Any]) -> None:
        if seen["TableStatus"] == "ACTIVE":
            seen["TableStatus"] = "INACCESSIBLE_ENCRYPTION_CREDENTIALS"

    report = await scene.execute(preview, world, cloud=Painting(scene, paint))
    assert outcomes(report) == {"tables.orders:delete": "done"}


async def test_a_step_that_only_waits_believes_two_looks_not_one() -> None:
    """A late read may say ACTIVE in the middle of a change; it has no goal that would tell."""
    scene = fresh()
    scene.create_table()
    await scene.clock.sleep(2)
    preview, world = await scene.preview(tables(orders=table()))
    assert [step.id for step in preview.graph] == ["tables.orders:wait"]

    def paint(nth: int, seen: dict[str, Any]) -> None:
        if nth % 3 == 0:
            seen["TableStatus"] = "ACTIVE"

    report = await scene.execute(preview, world, cloud=Painting(scene, paint))
    assert report.outcome == "succeeded"
    assert scene.clock.now() >= 1_767_225_600 + 10


async def test_a_goal_that_held_before_the_call_is_believed_by_two_looks() -> None:
    scene = fresh()
    await scene.settled(tables(orders=table()))
    preview, world = await scene.preview(tables(orders=table(deletion_protection=True)))

    def paint(nth: int, seen: dict[str, Any]) -> None:
        if nth == 1:
            seen["DeletionProtectionEnabled"] = True

    report = await scene.execute(preview, world, cloud=Painting(scene, paint))
    assert outcomes(report) == {"tables.orders:update-deletion_protection": "done"}
