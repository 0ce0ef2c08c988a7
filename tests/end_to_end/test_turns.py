"""Runs that start at once, or while another one is at work: one has its turn, the others follow. In virtual time."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio
import jsonschema
import pytest

from orchestrator import pipeline
from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.engine.fold import steps_of
from orchestrator.engine.stop import Stop
from orchestrator.errors import Locked, OrchestratorError, Refused, StillInProgress, StoreUnavailable, Unreachable
from orchestrator.model import Event, History, Kept, Report
from orchestrator.render import document, text
from orchestrator.sandbox.faults import Faults, Injection, Script
from orchestrator.state import operators
from tests.end_to_end.virtual import VirtualAws
from tests.render import schemas
from tests.state.runs import Wayward, taken

pytestmark = pytest.mark.virtual

TABLE = """
plan: shop
tables:
  orders:
    partition_key: {id: S}
    billing: on_demand
    indexes:
      by_day: {partition_key: {day: S}}
    tags: {team: shop}
"""
NEWER = TABLE.replace("{team: shop}", "{team: shop, tier: gold}")
OTHER = TABLE.replace("plan: shop", "plan: audit").replace("team: shop", "team: audit")
ELSEWHERE = "plan: elsewhere\ntables: {users: {partition_key: {id: S}}}\n"


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    store = Wayward()
    found = VirtualAws(tmp_path, store=store)
    store.clock = found.clock
    return found


def said(aws: VirtualAws, what: str) -> Sequence[Event]:
    return [event for event in aws.events if event.what == what]


async def applied(aws: VirtualAws, text: str, after: float = 0.0, **options: Any) -> Report | OrchestratorError:
    await aws.clock.sleep(after)
    try:
        return await aws.apply(text, **options)
    except OrchestratorError as error:
        return error


async def together(aws: VirtualAws, *starts: tuple[str, float], **options: Any) -> list[Report | OrchestratorError]:
    """The ends of several runs, in the order of `starts`: each a plan and when it is started."""
    ends: dict[int, Report | OrchestratorError] = {}

    async def start(number: int, text: str, after: float) -> None:
        ends[number] = await applied(aws, text, after, **options)

    async with anyio.create_task_group() as group:
        for number, (text, after) in enumerate(starts):
            group.start_soon(start, number, text, after)
    return [ends[number] for number in range(len(starts))]


async def test_of_thirty_replicas_one_makes_it_and_all_end_well(aws: VirtualAws) -> None:
    """Requirement B3."""
    ends = await together(aws, *((TABLE, number / 30) for number in range(30)))
    assert [end.exit_code for end in ends] == [0] * 30
    assert sorted(end.outcome for end in ends) == ["nothing_to_do"] * 29 + ["succeeded"]
    assert [call.operation for call in aws.sent] == ["CreateTable"]
    assert aws.refused == []


async def test_with_nothing_to_do_nothing_is_written_and_nothing_locked(aws: VirtualAws) -> None:
    await aws.apply(TABLE)
    await aws.clock.sleep(30)
    aws.store = store = Wayward(failing=StoreUnavailable("Down", "it is not even looked at", lost=True))
    assert (await aws.apply(TABLE)).outcome == "nothing_to_do"
    assert await store.store.rows("runs") == []


async def test_followers_are_told_whom_they_follow_and_how_far_that_is(aws: VirtualAws) -> None:
    await together(aws, (TABLE, 0), (TABLE, 1))
    told = said(aws, "lock_waiting")
    assert told
    assert {event.details["same_plan"] for event in told} == {True}
    assert {event.details["plans"] for event in told} == {"shop"}
    assert any(event.details["resource"] == "tables.orders" for event in told)
    assert len(told) < 10, "one when it changes, and one each half minute"


async def test_plans_on_different_tables_run_side_by_side(aws: VirtualAws) -> None:
    began = aws.clock.now()
    ends = await together(aws, (TABLE, 0), (ELSEWHERE, 0.1))
    assert [end.exit_code for end in ends] == [0, 0]
    assert said(aws, "lock_waiting") == []
    assert aws.clock.now() - began < 120


async def test_plans_on_the_same_table_take_turns_and_both_get_what_they_state(aws: VirtualAws) -> None:
    """Requirement C4, of tables."""
    ends = await together(aws, (TABLE, 0), (OTHER.replace("team: audit", "owner: audit"), 1))
    assert [end.exit_code for end in ends] == [0, 0]
    assert aws.refused == []
    assert [call.operation for call in aws.sent] == ["CreateTable", "TagResource"]
    assert {event.details["same_plan"] for event in said(aws, "lock_waiting")} == {False}


async def test_another_plans_lock_is_waited_for_as_long_as_the_lock_timeout(aws: VirtualAws) -> None:
    ends = await together(aws, (TABLE, 0), (OTHER, 1), lock_timeout=5.0)
    assert ends[0].exit_code == 0
    assert isinstance(ends[1], Locked)
    assert "shop" in str(ends[1])


async def test_the_same_plans_run_is_followed_beyond_the_lock_timeout_but_not_the_deadline(aws: VirtualAws) -> None:
    ends = await together(aws, (TABLE, 0), (TABLE, 1), lock_timeout=1.0)
    assert [end.exit_code for end in ends] == [0, 0]


async def test_a_follower_ends_at_its_own_deadline(aws: VirtualAws) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(aws.apply, TABLE)
        end = await applied(aws, TABLE, 1, deadline=10.0)
    assert isinstance(end, StillInProgress)
    assert (end.exit_code, "Run again" in str(end)) == (6, True)


async def test_a_deadline_that_passed_in_the_queue_lets_nothing_begin(aws: VirtualAws) -> None:
    """The one that was followed ends at its deadline, a moment before the follower's own."""
    ends = await together(aws, (TABLE, 0), (TABLE, 0.5), deadline=10.0)
    assert [end.exit_code for end in ends] == [6, 6]
    assert [call.operation for call in aws.sent] == ["CreateTable"]


async def test_status_says_who_holds_what(aws: VirtualAws) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(aws.apply, TABLE)
        await aws.clock.sleep(5)
        (line,) = (await pipeline.status_on(aws.opened(TABLE))).lines
        assert line.holder is not None
        assert line.holder.run.names == "shop"
        (free,) = (await pipeline.status_on(aws.opened(ELSEWHERE))).lines
        assert free.holder is None
    (line,) = (await pipeline.status_on(aws.opened(TABLE))).lines
    assert line.holder is None


async def test_status_tells_a_lock_that_a_dead_run_left_from_one_that_is_held(aws: VirtualAws) -> None:
    opened = aws.opened(TABLE)
    (orders,) = opened.declared
    assert isinstance(aws.store, Wayward)
    await taken(aws.store, "r1", opened.lock(orders))
    assert "  locked by run r1 (orders, somebody on pod, since " in text.status(await pipeline.status_on(opened))
    await aws.clock.sleep(200)
    left = text.status(await pipeline.status_on(opened))
    assert "  left locked by run r1 (orders, somebody on pod, since " in left
    assert "silent for 3m 20s: whoever needs it takes over" in left


async def test_status_says_that_who_holds_it_is_paused_and_by_whom(aws: VirtualAws) -> None:
    assert isinstance(aws.store, Wayward)
    opened = aws.opened(TABLE)
    (orders,) = opened.declared
    lease = await taken(aws.store, "r1", opened.lock(orders))
    await operators.wish(aws.store, aws.clock, "r1", "pause", "ops on vm")
    assert text.status(await pipeline.status_on(opened)).count(", told to pause by ops on vm") == 1
    with anyio.move_on_after(25):
        await lease.keep()
    found = await pipeline.status_on(opened)
    assert text.status(found).count(", paused by ops on vm") == 1
    (line,) = json.loads(document.status(found))["resources"]
    assert (line["locked_by"]["paused"], line["locked_by"]["order"]["by"]) == (True, "ops on vm")


async def test_who_only_looks_does_not_wait_for_a_store_that_does_not_answer(aws: VirtualAws) -> None:
    assert isinstance(aws.store, Wayward)
    aws.store.slow = 600.0
    began, opened = aws.clock.now(), aws.opened(TABLE)
    found = await pipeline.status_on(opened)
    assert found.lines[0].state == "pending_change"
    assert "Who holds locks is not known: The state store did not answer within 5 s." in text.status(found)
    shown = await opened.reviewed(await opened.observe())
    assert shown.kept == Kept("dynamodb://orchestrator-state", exists=None)
    assert "no answer within 5 s" in next(one.message for one in shown.findings if one.code == "state-unavailable")
    assert aws.clock.now() - began < 20


# ------------------------------------------------------------------------------------------------------------ who is newer


async def test_an_older_replica_never_undoes_what_a_newer_plan_made(aws: VirtualAws) -> None:
    """The old replica waits while the new plan runs, looks again, finds something that it states otherwise, and refuses."""
    older = TABLE.replace("team: shop", "team: old")
    await aws.apply(older)
    await aws.clock.sleep(60)
    ends = await together(aws, (TABLE.replace("by_day:", "by_month:"), 0), (older, 5))
    assert ends[0].exit_code == 0
    assert isinstance(ends[1], Refused)
    assert "newer version of this plan" in str(ends[1])
    assert aws.sent[-1].parameters.get("Tags") != [{"Key": "team", "Value": "old"}]
    again = await applied(aws, older, 60)
    assert isinstance(again, Refused), "nor does one that starts later, or again"


async def test_a_preview_warns_of_a_plan_that_is_older(aws: VirtualAws) -> None:
    older = TABLE.replace("team: shop", "team: old")
    await aws.apply(older)
    await aws.apply(TABLE)
    opened = aws.opened(older)
    shown = await opened.reviewed(await opened.observe())
    (warning,) = [one for one in shown.findings if one.code == "older-plan"]
    assert (warning.level, str(warning.ref)) == ("warning", "tables.orders")
    assert warning.where is not None
    opened = aws.opened(NEWER)
    newest = await opened.reviewed(await opened.observe())
    assert "older-plan" not in [one.code for one in newest.findings]


async def test_an_older_plan_that_is_still_satisfied_ends_well(aws: VirtualAws) -> None:
    await aws.apply(TABLE)
    await aws.apply(NEWER)
    await aws.clock.sleep(60)
    assert (await aws.apply(TABLE)).outcome == "nothing_to_do"


async def test_a_plan_that_changes_nothing_of_a_resource_does_not_become_the_newest_of_it(aws: VirtualAws) -> None:
    """The newer run died before it changed `orders`; the older one has to mend `users` alone."""
    older = TABLE + "  users: {partition_key: {id: S}, tags: {a: b}}\n"
    newer = older.replace("{team: shop}", "{team: shop, tier: gold}")
    await aws.apply(older)
    assert aws.store is not None
    at = 1
    while await aws.dies(newer, at) and not any(
        len(row.body["lines"]["shop"]) == 2 for row in await aws.store.rows("locks")
    ):
        at += 1
        await aws.clock.sleep(120)
    assert "TagResource" not in [call.operation for call in aws.sent]
    arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/users"
    aws.send("dynamodb", "UntagResource", ResourceArn=arn, TagKeys=["a"])
    await aws.clock.sleep(60)
    assert (await aws.apply(older)).exit_code == 0
    await aws.clock.sleep(60)
    assert (await aws.apply(newer)).exit_code == 0


async def test_a_plan_is_made_no_older_by_another_one_of_the_same_table(aws: VirtualAws) -> None:
    """Killed half-way; then a plan of another name runs on the table; then the first is started again, as pods are."""
    mine = TABLE + "    ttl: expires\n"
    for at in range(4, 40, 5):
        if not await aws.dies(mine, at):
            break
        assert (await aws.apply(OTHER.replace("team: audit", f"owner: audit-{at}"))).exit_code == 0
    assert (await aws.apply(mine)).exit_code == 0
    assert [call.operation for call in aws.sent].count("CreateTable") == 1


async def test_going_back_on_purpose_is_said_and_then_is_the_newest(aws: VirtualAws) -> None:
    older = TABLE.replace("team: shop", "team: old")
    await aws.apply(older)
    await aws.apply(TABLE)
    await aws.clock.sleep(60)
    assert (await aws.apply(older, allow_older=True)).exit_code == 0
    await aws.clock.sleep(60)
    assert isinstance(await applied(aws, TABLE), Refused)


# ------------------------------------------------------------------------------------------------------ stopped and killed


async def test_a_stopped_run_gives_back_what_it_holds(aws: VirtualAws) -> None:
    stop = Stop()
    ends: list[Report] = []

    async def run() -> None:
        opened = aws.opened(TABLE)
        ends.append((await pipeline.apply_on(opened, approve=None, stop=stop)).report)

    async with anyio.create_task_group() as group:
        group.start_soon(run)
        await aws.clock.sleep(5)
        stop.request(15)
    assert ends[0].exit_code == 143
    assert aws.store is not None
    (known,) = await operators.runs(aws.store, 9)
    assert (known.run.life, known.run.outcome, known.run.exit_code) == ("ended", "interrupted", 143)
    assert (await aws.apply(TABLE)).exit_code == 0
    assert [call.operation for call in aws.sent] == ["CreateTable"]


@pytest.mark.parametrize("tardy", [0.01, 0.1, 0.3])
async def test_a_run_gives_back_what_it_holds_though_its_end_meets_a_write_under_way(
    aws: VirtualAws, tardy: float
) -> None:
    """The write has taken effect when the run's end cancels it: it is written again, and that is no contradiction."""
    assert isinstance(aws.store, Wayward)
    aws.store.tardy = tardy
    report = await aws.apply(TABLE)
    (known,) = await operators.runs(aws.store, 9)
    assert (known.run.life, known.run.outcome, known.run.exit_code) == ("ended", "succeeded", 0)
    assert (await operators.events(aws.store, report.run))[-1].what == "finished"


async def test_a_run_is_paused_and_cancelled_from_elsewhere_and_says_so(aws: VirtualAws) -> None:
    assert aws.store is not None
    ends: list[Report] = []

    async def run() -> None:
        ends.append(await aws.apply(f"{TABLE}    point_in_time_recovery: true\n    ttl: gone_at\n"))

    async with anyio.create_task_group() as group:
        group.start_soon(run)
        await aws.clock.sleep(1)
        (known,) = await operators.runs(aws.store, 9)
        await operators.wish(aws.store, aws.clock, known.run.id, "pause", "ops on vm")
        await aws.clock.sleep(60)
        assert [event.details for event in said(aws, "told")] == [{"wish": "pause", "by": "ops on vm"}]
        await operators.wish(aws.store, aws.clock, known.run.id, "cancel", "dev on pod")
    assert ends[0].exit_code == 130
    assert "The run was cancelled by dev on pod." in ends[0].notices
    assert [event.details["wish"] for event in said(aws, "told")] == ["pause", "cancel"]
    left = [step.error["message"] for step in ends[0].steps if step.outcome == "not_run" and step.error]
    assert left
    assert all("he run was cancelled by dev on pod" in message for message in left)


async def test_a_call_that_was_not_accepted_has_its_outcome_in_the_store(aws: VirtualAws) -> None:
    aws.faults = Faults(scripts=[Script("dynamodb:CreateTable", 1, Injection.THROTTLE)])
    report = await aws.apply(TABLE)
    assert aws.store is not None
    found = [event for event in await operators.events(aws.store, report.run) if event.step == "tables.orders:create"]
    assert [event.what for event in found][:5] == ["intent", "not_accepted", "retrying", "intent", "sent"]
    assert found[1].details["code"] == "ThrottlingException"
    assert found[1].details["request_id"].startswith("virtual-")


async def test_what_a_run_did_is_in_the_store_without_any_secret(aws: VirtualAws) -> None:
    report = await aws.apply(TABLE)
    assert aws.store is not None
    found = await operators.events(aws.store, report.run)
    assert [event.what for event in found if event.step == "tables.orders:create"][:2] == ["intent", "sent"]
    sent = next(event for event in found if event.what == "sent")
    assert sent.details["request_id"].startswith("virtual-")
    assert sent.details["seconds"] >= 0
    assert found[-1].what == "finished"
    (known,) = await operators.runs(aws.store, 9)
    assert known.run.who["process"]
    assert known.run.plans[0].name == "shop"


async def test_a_run_in_full_is_told_by_its_steps_as_in_its_report(aws: VirtualAws) -> None:
    aws.faults = Faults(scripts=[Script("dynamodb:CreateTable", 1, Injection.THROTTLE)])
    report = await aws.apply(TABLE + "    ttl: expires\n")
    assert aws.store is not None
    (known,), events = await operators.runs(aws.store, 9), await operators.events(aws.store, report.run)
    found = History("memory", aws.clock.now(), [known], events, steps=steps_of(events))
    assert [(step.id, step.outcome, step.attempts) for step in found.steps or ()] == [
        (step.id, step.outcome, step.attempts) for step in report.steps
    ]
    told = text.history(found)
    assert re.search(r"\n  done  +tables.orders:create +\d+ s, 1 retry \(ThrottlingException\)\n", told)
    assert f"{len(report.steps)} steps: {len(report.steps)} done." in told
    assert "not_accepted" not in told
    read = json.loads(document.history(found))
    jsonschema.validate(read, schemas.HISTORY)
    assert [step["id"] for step in read["steps"]] == [step.id for step in report.steps]


async def test_a_step_of_a_run_at_work_is_told_as_under_way(aws: VirtualAws) -> None:
    assert aws.store is not None
    async with anyio.create_task_group() as group:
        group.start_soon(aws.apply, TABLE)
        await aws.clock.sleep(5)
        (known,) = await operators.runs(aws.store, 9)
        events = await operators.events(aws.store, known.run.id)
        now = aws.clock.now()
    told = text.history(History("memory", now, [known], events, steps=steps_of(events)))
    assert "  under way         tables.orders:create\n" in told


# -------------------------------------------------------------------------------------------------------- a store that fails


async def failing(aws: VirtualAws, failure: StoreUnavailable, seconds: float) -> tuple[Report, Wayward]:
    """How a run ends whose store fails so for `seconds`, soon after it has begun."""
    store = aws.store
    assert isinstance(store, Wayward)
    ends: list[Report] = []

    async def run() -> None:
        ends.append(await aws.apply(TABLE + "    ttl: expires\n"))

    async with anyio.create_task_group() as group:
        group.start_soon(run)
        await aws.clock.sleep(2)
        store.failing = failure
        await aws.clock.sleep(seconds)
        store.failing = None
    return ends[0], store


@pytest.mark.parametrize("seconds", [5.0, 60.0, 1.0])
async def test_a_store_that_is_away_for_a_while_holds_a_run_up_and_no_longer(aws: VirtualAws, seconds: float) -> None:
    end, store = await failing(aws, StoreUnavailable("ThrottlingException", "Rate exceeded"), seconds)
    assert end.exit_code == 0
    found = await operators.events(store, end.run)
    assert [event.what for event in found if event.what == "intent"] == ["intent", "intent"]


async def test_a_follower_bears_a_silent_store_as_long_as_whom_it_follows(aws: VirtualAws) -> None:
    store, ends = aws.store, list[Report | OrchestratorError]()
    assert isinstance(store, Wayward)

    async def run() -> None:
        ends.append(await applied(aws, TABLE, deadline=3600.0))

    async with anyio.create_task_group() as group:
        for _ in range(2):
            group.start_soon(run)
            await aws.clock.sleep(2)
        store.failing = StoreUnavailable("NoAnswer", "cut", silent=True)
        await aws.clock.sleep(600)
        store.failing = None
    assert [end.exit_code for end in ends] == [0, 0]
    notices = [event.details["message"] for event in said(aws, "notice")]
    assert [notice.endswith("for 30 minutes.") for notice in notices if "for now" in notice] == [True, True]


async def test_a_follower_ends_at_its_deadline_also_where_its_look_is_not_answered(aws: VirtualAws) -> None:
    store = aws.store
    assert isinstance(store, Wayward)
    async with anyio.create_task_group() as group:
        group.start_soon(aws.apply, TABLE)
        await aws.clock.sleep(2)
        began = aws.clock.now()
        group.start_soon(fall_silent, store)
        end = await applied(aws, TABLE, 0, deadline=10.0)
        assert isinstance(end, StillInProgress)
        assert aws.clock.now() - began < 12
        store.slow = 0.0


async def fall_silent(store: Wayward) -> None:
    await store.clock.sleep(4)
    store.slow = 100.0


async def test_a_store_that_is_lost_ends_the_run_before_its_next_call(aws: VirtualAws) -> None:
    end, _ = await failing(aws, StoreUnavailable("ResourceNotFoundException", "no such table", lost=True), 3600)
    assert end.exit_code == 7
    assert [call.operation for call in aws.sent] == ["CreateTable"]
    assert any("state store" in notice for notice in end.notices)
    aws.store = Wayward(store=MemoryStore(), clock=aws.clock)
    assert (await aws.apply(TABLE + "    ttl: expires\n")).exit_code == 0
    assert [call.operation for call in aws.sent] == ["CreateTable", "UpdateTimeToLive"]


async def test_without_the_store_nothing_is_begun(aws: VirtualAws) -> None:
    aws.store = Wayward(failing=StoreUnavailable("AccessDeniedException", "not authorized", lost=True))
    error = await applied(aws, TABLE)
    assert isinstance(error, Unreachable)
    assert "--state" in str(error)
    assert aws.sent == []
