"""A transaction is applied exactly once, or the task says what to look at (requirements D1 to D8)."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from orchestrator.adapters.journal import MemoryJournal
from orchestrator.engine.log import lines
from orchestrator.engine.stop import Stop
from orchestrator.kinds.task.transact import request
from orchestrator.model import Call, Event, Text, Transaction
from tests.engine.scene import outcomes
from tests.engine.tasks.mishaps import Mishap
from tests.engine.tasks.once_only import OnceOnly


def more(by: int = 1, name: str = "total", **body: Any) -> dict[str, Any]:
    """An action that adds to a counter."""
    return {
        "Update": {
            "TableName": "orders",
            "Key": {"id": {"S": name}},
            "UpdateExpression": "ADD #n :more",
            "ExpressionAttributeNames": {"#n": "n"},
            "ExpressionAttributeValues": {":more": {"N": str(by)}},
            **body,
        }
    }


ONE = Transaction((more(),))
MISHAPS: tuple[Mishap, ...] = (
    "dropped",
    "lost",
    "failed",
    "failed_after",
    "stuck",
    "throttled",
    "conflict",
    "unreachable",
)

DROPPED: tuple[Mishap, ...] = ("dropped",) * 200
THROTTLED: tuple[Mishap, ...] = ("throttled",) * 60
CONFLICTS: tuple[Mishap, ...] = ("conflict",) * 60


@pytest.mark.parametrize("marker", [True, False])
@pytest.mark.parametrize("mishap", MISHAPS)
async def test_d3_whatever_becomes_of_an_attempt_it_is_applied_once(mishap: Mishap, marker: bool) -> None:
    once = OnceOnly(marker)
    once.items.script = [mishap]
    report = await once.run(ONE)
    assert report.exit_code == 0, report
    assert await once.counted() == 1
    assert len(set(once.items.tokens)) == 1
    assert len(once.items.tokens) > 1


async def test_d3_one_attempt_comes_five_seconds_or_more_after_the_first() -> None:
    once = OnceOnly()
    once.items.script = ["stuck"]
    await once.run(ONE)
    sent = [event.at for event in once.events if event.what == "intent"]
    assert sent[-1] - sent[0] >= 5


async def test_d7_each_attempt_is_logged_with_its_token_and_number() -> None:
    once = OnceOnly()
    once.items.script = ["lost", "throttled"]
    await once.run(ONE)
    told = [line for event in once.events for line in lines(event) if line.event.startswith("call_")]
    assert [line.event for line in told] == ["call_intended", "call_not_accepted"] * 2 + [
        "call_intended",
        "call_accepted",
    ]
    assert [line.fields["number"] for line in told] == [1, 1, 2, 2, 3, 3]
    assert {line.fields["token"] for line in told} == set(once.items.tokens)
    assert all(len(token) <= 36 for token in once.items.tokens)


async def test_a_task_that_was_done_is_not_done_again_and_one_that_is_always_done_is() -> None:
    once = OnceOnly()
    await once.run(ONE)
    assert outcomes(await once.run(ONE)) == {"tasks.count:run": "already_in_place"}
    assert await once.counted() == 1
    for _ in range(2):
        assert (await once.run(ONE, "always")).exit_code == 0
    assert await once.counted() == 3


async def test_d2_the_token_and_the_request_are_kept_before_the_first_send() -> None:
    once = OnceOnly()
    assert await once.killed(3, ONE)  # at the call
    assert not once.items.sent
    ((kept, *_),) = [await once.memory.get("transaction")]
    assert kept is not None
    assert await once.killed(3, ONE) is True
    await once.run(ONE)
    assert set(once.items.tokens) == {kept["token"]}


async def test_d2_hidden_values_are_never_kept() -> None:
    once = OnceOnly()
    secret = Text(("hunter2",), hidden=True)
    await once.run(Transaction(({"Put": {"TableName": "orders", "Item": {"id": {"S": secret}}}},)))
    assert "hunter2" not in str(once.memory.parts)
    assert "hunter2" not in str(once.events)


# ---------------------------------------------------------------------------------------------- refused for good


async def test_d6_a_cancellation_is_told_action_by_action_with_the_key_of_each() -> None:
    once = OnceOnly()
    there = {
        "Put": {"TableName": "orders", "Item": {"id": {"S": "c#EUR"}}, "ConditionExpression": "attribute_exists(id)"}
    }
    key = {"id": {"S": Text(("pin-77",), hidden=True)}}
    hidden = {"Delete": {"TableName": "orders", "Key": key, "ConditionExpression": "attribute_exists(id)"}}
    report = await once.run(Transaction((more(), there, hidden)))
    error = once.error(report)
    assert report.exit_code == 1
    assert error["code"] == "TransactionCanceledException"
    assert error["message"].splitlines() == [
        "Nothing of it was applied:",
        'action 2 (put into orders, id "c#EUR"): ConditionalCheckFailed: The conditional request failed',
        "action 3 (delete from orders, id (hidden)): ConditionalCheckFailed: The conditional request failed",
    ]
    assert await once.counted() == 0
    assert "pin-77" not in str(report)


async def test_what_was_refused_is_sent_anew_by_the_next_run() -> None:
    once = OnceOnly()
    only = Transaction((more(), more(name="other", ConditionExpression="attribute_exists(id)")))
    assert (await once.run(only)).exit_code == 1
    once.scene.foreign("PutItem", TableName="orders", Item={"id": {"S": "other"}})
    assert (await once.run(only)).exit_code == 0
    assert await once.counted() == 1


async def test_who_may_not_write_is_told_so_and_nothing_is_open_after_that() -> None:
    once = OnceOnly(marker=False)
    once.items.script = ["denied"]
    assert once.error(await once.run(ONE))["code"] == "AccessDeniedException"
    await once.later(3600)
    assert (await once.run(ONE)).exit_code == 0
    assert await once.counted() == 1


async def test_an_answer_that_is_final_for_the_fault_table_leaves_nothing_in_doubt() -> None:
    once = OnceOnly(marker=False)
    once.items.script = ["full"]
    error = once.error(await once.run(ONE))
    assert error["code"] == "ItemCollectionSizeLimitExceededException"
    assert "is not known" not in error["message"]
    await once.later(3600)
    assert (await once.run(ONE)).outcome == "succeeded"
    assert await once.counted() == 1


async def test_who_may_not_write_any_more_after_an_attempt_in_doubt_is_told_of_the_doubt() -> None:
    once = OnceOnly(marker=False)
    once.items.script = ["lost", "denied"]
    error = once.error(await once.run(ONE))
    assert error["code"] == "AccessDeniedException"
    assert "is not known" in error["message"]
    await once.later(3600)
    assert once.error(await once.run(ONE))["code"] == "unknown-outcome"
    assert await once.counted() == 1


async def test_an_answer_that_comes_while_the_run_is_stopped_is_kept() -> None:
    once = OnceOnly(marker=False)
    stop = Stop()

    class Slow:
        async def send(self, call: Call) -> Mapping[str, Any]:
            reply = await once.items.send(call)
            if call.operation == "TransactWriteItems":
                stop.request(15)
                await once.later(1)
            return reply

    report = await once.run(ONE, cloud=Slow(), stop=stop)
    assert report.outcome == "interrupted"
    assert report.seconds < 10
    await once.later(3600)
    assert (await once.run(ONE)).exit_code == 0
    assert await once.counted() == 1
    assert len(once.items.sent) == 1


async def test_what_was_applied_and_not_remembered_as_done_is_done_for_the_next_run_and_for_no_other() -> None:
    for at in (4, 5, 6, 7):  # once it is applied, until it is kept that the task is done
        once = OnceOnly(marker=False)
        assert await once.killed(at, ONE, "always")
        assert await once.counted() == 1
        for run in range(3):
            assert (await once.run(ONE, "always")).exit_code == 0
            assert await once.counted() == 1 + run


# --------------------------------------------------------------------------------------------- past the window


async def test_d4_without_a_marker_nothing_is_sent_past_the_window_and_a_person_is_told_what_to_look_at() -> None:
    once = OnceOnly(marker=False)
    once.items.script = ["lost", *DROPPED]
    report = await once.run(ONE)
    error = once.error(report)
    assert error["code"] == "unknown-outcome"
    assert "by run R1" in error["message"]
    assert 'update of orders, id "total"' in error["action"]
    assert "another id" in error["action"]
    first, *_, last = (event.at for event in once.events if event.what == "intent")
    assert last - first < 300
    once.items.script = []
    sent = len(once.items.sent)
    await once.later(3600)
    assert once.error(await once.run(ONE))["code"] == "unknown-outcome"
    assert len(once.items.sent) == sent
    assert await once.counted() == 1


@pytest.mark.parametrize("mishap", ["lost", "dropped"])
async def test_d4_with_a_marker_it_tells_past_the_window(mishap: Mishap) -> None:
    once = OnceOnly()
    once.items.script = [mishap, *DROPPED]
    await once.run(ONE, timeout=250)
    once.items.script = []
    await once.later(3600)
    assert (await once.run(ONE)).exit_code == 0
    assert await once.counted() == 1


@pytest.mark.parametrize("marker", [True, False])
async def test_d4_a_time_out_says_that_it_may_have_been_applied(marker: bool) -> None:
    once = OnceOnly(marker)
    once.items.script = ["stuck"]
    error = once.error(await once.run(ONE, timeout=20))
    assert error["code"] == "Timeout"
    assert error["message"].startswith("The step's deadline passed before the task was done (no answer yet")
    assert "The last answer was TransactionInProgressException: " in error["message"]
    assert "Whether the transaction of tasks.count was applied is not known" in error["message"]
    assert f"token {once.items.tokens[0]}" in error["message"]
    assert error["action"].startswith("Run again. The next run goes on" if marker else "Run again before 20")
    assert (await once.run(ONE)).exit_code == 0
    assert await once.counted() == 1


async def test_a_time_out_of_what_was_surely_not_applied_tells_the_last_answer_alone() -> None:
    once = OnceOnly(marker=False)
    once.items.script = list(THROTTLED)
    error = once.error(await once.run(ONE, timeout=20))
    assert "The last answer was ThrottlingException: " in error["message"]
    assert "is not known" not in error["message"]


async def test_a_throttle_that_lasts_is_no_reason_to_ask_anybody() -> None:
    once = OnceOnly(marker=False)
    once.items.script = [*THROTTLED, *CONFLICTS]
    assert (await once.run(ONE)).exit_code == 0
    assert await once.counted() == 1
    assert len(set(once.items.tokens)) > 1


async def test_a_conflict_tells_nothing_of_an_attempt_before_it() -> None:
    once = OnceOnly(marker=False)
    once.items.script = ["lost", *CONFLICTS]
    assert once.error(await once.run(ONE))["code"] == "unknown-outcome"
    assert len(set(once.items.tokens)) == 1


async def test_a_condition_that_fails_tells_that_the_attempts_before_it_were_not_applied_either() -> None:
    once = OnceOnly(marker=False)
    once.items.script = ["dropped"]
    only = Transaction((more(), more(name="other", ConditionExpression="attribute_exists(id)")))
    assert "Nothing of it was applied" in once.error(await once.run(only))["message"]
    once.scene.foreign("PutItem", TableName="orders", Item={"id": {"S": "other"}})
    await once.later(3600)
    assert (await once.run(only)).exit_code == 0
    assert await once.counted() == 1


async def test_d4_what_could_not_be_written_down_in_time_is_not_sent() -> None:
    once = OnceOnly(marker=False)
    once.items.script = ["lost"]

    class Away(MemoryJournal):
        """The second intent takes longer to keep than a token may be used."""

        async def record(self, event: Event) -> None:
            if event.what == "intent" and event.details["number"] == 2:
                await once.later(400)
            await super().record(event)

    assert once.error(await once.run(ONE, journal=Away()))["code"] == "unknown-outcome"
    assert len(once.items.sent) == 1


# ---------------------------------------------------------------------------------------- what it says has changed


async def test_d3_the_order_in_which_a_plan_says_it_makes_no_other_request() -> None:
    once = OnceOnly()
    once.items.script = ["lost", *DROPPED]
    await once.run(ONE, timeout=100)
    once.items.script = []
    (action,) = ONE.actions
    turned = {"Update": dict(reversed(action["Update"].items()))}
    assert (await once.run(Transaction((turned,)))).exit_code == 0
    assert len({json.dumps(call.parameters) for call in once.items.sent}) == 1
    assert await once.counted() == 1


async def test_d5_what_is_still_on_its_way_never_takes_effect_once_another_content_does() -> None:
    once = OnceOnly()
    once.items.script = ["stuck"]
    await once.run(ONE, timeout=4)
    assert (await once.run(Transaction((more(10),)), "on_change")).exit_code == 0
    assert await once.counted() == 10


@pytest.mark.parametrize("gap", [10, 3600])
@pytest.mark.parametrize("mishap", ["lost", "dropped"])
async def test_d5_with_a_marker_changed_content_first_settles_what_was_open(mishap: Mishap, gap: float) -> None:
    once = OnceOnly()
    once.items.script = [mishap, *DROPPED]
    await once.run(ONE, timeout=100)
    once.items.script = []
    await once.later(gap)
    report = await once.run(Transaction((more(10),)), "on_change")
    assert report.exit_code == 0, report
    assert await once.counted() == (11 if mishap == "lost" else 10)


async def test_d5_what_is_once_and_turns_out_to_be_applied_is_not_applied_with_other_content() -> None:
    once = OnceOnly()
    once.items.script = ["lost", *DROPPED]
    await once.run(ONE, timeout=100)
    once.items.script = []
    assert once.error(await once.run(Transaction((more(10),))))["code"] == "task-changed"
    assert outcomes(await once.run(ONE)) == {"tasks.count:run": "already_in_place"}
    assert await once.counted() == 1


async def test_d5_a_change_that_is_taken_back_after_the_old_one_was_fenced_off_is_applied() -> None:
    once = OnceOnly()
    once.items.script = list(DROPPED)
    await once.run(ONE, timeout=100)
    once.items.script = []
    assert await once.killed(3, Transaction((more(10),)))  # once the fence stands
    assert (await once.run(ONE)).exit_code == 0
    assert await once.counted() == 1


async def test_d5_a_token_that_somebody_uses_for_another_request_is_a_clear_error() -> None:
    once = OnceOnly()
    assert await once.killed(3, ONE)
    (kept,) = await once.memory.get("transaction")
    assert kept is not None
    await once.items.send(request([more(5, "theirs")], kept["token"]))
    error = once.error(await once.run(ONE))
    assert error["code"] == "IdempotentParameterMismatchException"
    assert "token" in error["action"]


# -------------------------------------------------------------------------------------------------- the marker itself


async def test_a_marker_that_is_asked_for_where_there_can_be_none_is_refused() -> None:
    once = OnceOnly(marker=False)
    assert once.error(await once.run(Transaction((more(),), marker=True)))["code"] == "no-marker"
    assert not once.items.sent


async def test_where_there_can_be_no_marker_a_notice_says_so() -> None:
    once = OnceOnly(marker=False)
    report = await once.run(ONE)
    assert any("no marker is written" in notice for notice in report.notices)
    assert not any("no marker is written" in notice for notice in (await OnceOnly().run(ONE)).notices)


async def test_a_marker_takes_the_room_of_one_action() -> None:
    full = tuple(more(name=f"c{number}") for number in range(100))
    assert OnceOnly().error(await OnceOnly().run(Transaction(full)))["code"] == "too-many-actions"
    assert (await OnceOnly().run(Transaction(full, marker=False))).exit_code == 0
