"""What is written down, in which order, and what comes of a run that dies between any two words."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import anyio
import pytest

from orchestrator.adapters.journal import MemoryJournal
from orchestrator.engine.executor import Options, Stop, execute, new_run_id
from orchestrator.engine.fold import Closing, fold
from orchestrator.model import Call, Event, Plan, Report
from orchestrator.ports import Cloud
from orchestrator.sandbox.clock import VirtualClock, run_virtual
from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.durations import Durations
from tests.engine.scene import READS, Answer, Scene, Scripted, declared, function, outcomes, plan, table, tables

T = TypeVar("T")


class SlowJournal(MemoryJournal):
    """Takes a second to keep an event."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self._clock = clock

    async def record(self, event: Event) -> None:
        await self._clock.sleep(1)
        await super().record(event)


class Noting:
    """A Cloud that writes mutating calls into the journal's own list, between the events."""

    def __init__(self, scene: Scene, journal: MemoryJournal) -> None:
        self._scene = scene
        self._journal = journal
        self.order: list[tuple[int, str]] = []

    async def send(self, call: Call) -> Mapping[str, Any]:
        if not call.operation.startswith(READS):
            self.order.append((len(self._journal.events), call.operation))
        return await self._scene.cloud.send(call)


async def test_each_intent_is_kept_before_its_call_goes_out() -> None:
    """Architecture, rule 8: the journal has returned before the request is sent."""
    scene = Scene()
    journal = SlowJournal(scene.clock)
    cloud = Noting(scene, journal)
    preview, world = await scene.preview(tables(orders=table(["by_aa"], ttl="expires_at", tags={"team": "a"})))
    report = await scene.execute(preview, world, journal=journal, cloud=cloud)
    assert report.outcome == "succeeded"
    for kept, operation in cloud.order:
        assert (journal.events[kept - 1].what, journal.events[kept - 1].details["operation"]) == ("intent", operation)


async def test_a_steps_events_come_in_order_and_end_with_one_ending() -> None:
    scene, journal = Scene(), MemoryJournal()
    preview, world = await scene.preview(tables(orders=table(ttl="expires_at")))
    report = await scene.execute(preview, world, journal=journal, run="RUN")
    for step in preview.graph:
        whats = [event.what for event in journal.events if event.step == step.id]
        assert [what for what in whats if what != "waiting"] == ["intent", "sent", "settled"]
    assert {event.run for event in journal.events} == {"RUN"} == {report.run}
    assert journal.events[-1].what == "finished"
    assert journal.events[-1].details["outcome"] == "succeeded"


async def test_the_report_can_be_folded_again_from_the_journal() -> None:
    scene, journal = Scene(), MemoryJournal()
    preview, world = await scene.preview(tables(orders=table(ttl="expires_at")))
    report = await scene.execute(preview, world, journal=journal)
    closing = Closing(report.run, report.started, report.finished, report.calls)
    assert fold(preview.graph, journal.events, closing) == report


async def test_a_journal_that_keeps_no_intent_keeps_the_call_from_being_sent() -> None:
    class Full(MemoryJournal):
        async def record(self, event: Event) -> None:
            if event.what == "intent":
                raise OSError("no space left")

    scene = Scene()
    preview, world = await scene.preview(tables(orders=table()))
    report = await scene.execute(preview, world, journal=Full())
    assert report.exit_code == 1
    assert scene.mutations() == {}
    assert report.steps[0].error == {
        "code": "journal-unavailable",
        "message": "Nothing was sent, because the journal could not be written (OSError).",
        "action": "See that the state store can be reached, then run again.",
        "where": "tables.orders (dynamodb:CreateTable)",
    }


async def test_a_journal_that_loses_other_words_does_not_end_the_run() -> None:
    class Forgetful(MemoryJournal):
        async def record(self, event: Event) -> None:
            if event.what != "intent":
                raise OSError("no space left")

    scene = Scene()
    preview, world = await scene.preview(tables(orders=table()))
    report = await scene.execute(preview, world, journal=Forgetful())
    assert report.outcome == "succeeded"
    assert any("journal" in notice for notice in report.notices)


@pytest.mark.parametrize("slow", ["sent", "settled", "waiting", "not_run", "finished"])
async def test_a_journal_that_hangs_holds_up_neither_the_run_nor_its_end(slow: str) -> None:
    """The whole report is there within five seconds of a stop, and the events that were not kept are counted."""

    class Hanging(MemoryJournal):
        async def record(self, event: Event) -> None:
            if event.what == slow:
                await scene.clock.sleep(100_000)

    scene, stop = Scene(Account(durations=Durations(table_create=20))), Stop()
    names = [f"t{number:02}" for number in range(8)]
    preview, world = await scene.preview(tables(**{name: table(ttl="expires_at") for name in names}))
    report: list[Report] = []

    async def run() -> None:
        report.append(await scene.execute(preview, world, journal=Hanging(), stop=stop))

    async with anyio.create_task_group() as group:
        group.start_soon(run)
        await scene.clock.sleep(15)
        stop.request(2)
    (told,) = report
    assert told.finished - told.started < 15 + 5
    assert (told.exit_code, len(told.steps)) == (130, 16)


async def test_a_listener_that_breaks_is_left_alone() -> None:
    scene = Scene()
    heard: list[Event] = []

    def broken(event: Event) -> None:
        heard.append(event)
        raise BrokenPipeError

    preview, world = await scene.preview(tables(orders=table()))
    report = await execute(
        preview, world, scene.cloud, scene.clock, MemoryJournal(), Options(), listeners=[broken, scene.events.append]
    )
    assert report.outcome == "succeeded"
    assert len(heard) == 1
    assert len(scene.events) > 3


async def test_a_defect_on_one_lane_costs_the_others_nothing_and_shows_no_values() -> None:
    """An unexpected exception is a failed step with a place in the code; its text may quote secrets and is not shown."""

    class Defective(Scripted):
        async def send(self, call: Call) -> Mapping[str, Any]:
            if call.operation == "CreateTable" and call.parameters["TableName"] == "bad":
                raise TypeError("hunter2")
            return await super().send(call)

    scene = Scene()
    preview, world = await scene.preview(tables(bad=table(), good=table()))
    report = await scene.execute(preview, world, cloud=Defective(scene.cloud))
    assert outcomes(report) == {"tables.bad:create": "failed", "tables.good:create": "done"}
    error = report.steps[0].error
    assert error is not None
    assert "TypeError" in error["message"]
    assert "hunter2" not in repr(report)


# ------------------------------------------------------------------------------------------------------ died, run again


def plans() -> tuple[Plan, ...]:
    orders = declared("tables", "orders", table(["by_aa", "by_bb"], ttl="expires_at", stream="new_image"))
    fn = function(aliases={"live": "published"}, reserved_concurrency=5)
    return plan(orders, declared("functions", "fn", fn, needs=[orders.ref]))


class Killed(BaseException):
    """Nothing catches a SIGKILL."""


class Mortal(MemoryJournal):
    """The ports of a process that dies at its `at`-th call of any of them: from then on nothing it does has any effect.

    `late`: that call has still taken effect, and only its answer is lost.
    """

    def __init__(self, cloud: Cloud, at: int, *, late: bool) -> None:
        super().__init__()
        self.called = 0
        self._cloud = cloud
        self._at = at
        self._late = late

    async def record(self, event: Event) -> None:
        await self._living(lambda: MemoryJournal.record(self, event))

    async def send(self, call: Call) -> Mapping[str, Any]:
        return await self._living(lambda: self._cloud.send(call))

    async def _living(self, call: Callable[[], Awaitable[T]]) -> T:
        self.called += 1
        if self.called < self._at:
            return await call()
        if self.called == self._at and self._late:
            await call()
        raise Killed


async def bare() -> Scene:
    """A live table without its indexes, quick to change: every look while something moves is one more moment to be killed at."""
    scene = Scene(Account(durations=Durations(iam_lag=0, index_allocate=8, index_backfill=6, stream=6, ttl=3)))
    scene.create_table()
    await scene.clock.sleep(60)
    return scene


@pytest.fixture(scope="module")
def undisturbed() -> Counter[str]:
    """How often each API takes effect where nobody is killed."""

    async def run() -> Counter[str]:
        scene = await bare()
        assert (await scene.run(plans())).outcome == "succeeded"
        return scene.accepted()

    return run_virtual(run)


async def killed(at: int, *, late: bool) -> Scene | None:
    """What a run leaves behind that dies at its `at`-th call of a port; None where it ended before that."""
    scene = await bare()
    preview, world = await scene.preview(plans())
    mortal = Mortal(scene.cloud, at, late=late)
    task = asyncio.ensure_future(scene.execute(preview, world, journal=mortal, cloud=mortal))
    await asyncio.gather(task, return_exceptions=True)
    return scene if mortal.called >= at else None


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("part", range(8))
async def test_killed_at_any_moment_the_next_run_ends_the_same_and_nothing_is_done_twice(
    part: int, late: bool, undisturbed: Counter[str]
) -> None:
    """Architecture, rule 8: resuming is observe and diff again. Every call of a port is such a moment; a part takes an eighth."""
    at = part + 1
    while scene := await killed(at, late=late):
        report = await scene.run(plans())
        assert report.exit_code == 0, [step for step in report.steps if step.error]
        assert scene.accepted() == undisturbed
        assert not scene.account.timeline.clashes()
        assert (await scene.run(plans())).outcome == "nothing_to_do"
        at += 8
    assert at > 100


def test_run_ids_are_ulids_that_sort_by_time() -> None:
    ids = [new_run_id(at) for at in (0, 1, 1_767_225_600, 1_767_225_601)]
    assert ids == sorted(ids)
    assert {len(one) for one in ids} == {26}
    assert ids[2].startswith("01KDVDNA00")


async def test_throttled_calls_have_an_intent_each() -> None:
    scene = Scene()
    preview, world = await scene.preview(tables(orders=table()))
    cloud = Scripted(scene.cloud, Answer("CreateTable", "ThrottlingException", "Rate exceeded", times=2))
    await scene.execute(preview, world, cloud=cloud)
    intents = [event.details["attempt"] for event in scene.events if event.what == "intent"]
    assert intents == [1, 2, 3]
