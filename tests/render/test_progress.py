"""Where a run stands, folded from its events."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from orchestrator.model import Event, Graph, What
from orchestrator.render.progress import LaneProgress, Progress, line
from tests.render import nouns

TABLE, FUNCTION = nouns.DROP.lane, nouns.CREATE_FUNCTION.lane
START = Progress.of(nouns.PREVIEW)


def event(step: str, what: What, at: float = nouns.NOON, **details: Any) -> Event:
    return Event(at, "run", step, what, details)


def after(events: Iterable[Event]) -> Progress:
    progress = START
    for one in events:
        progress = progress.after(one)
    return progress


def test_at_first_every_lane_is_queued_and_knows_what_holds_it() -> None:
    """A3: what is waited for is said."""
    assert START.lanes == {TABLE: LaneProgress("tables.orders", 3), FUNCTION: LaneProgress("functions.order-events", 2)}
    assert START.held_by(TABLE) == ""
    assert START.held_by(FUNCTION) == "tables.orders"


def test_a_lane_tells_what_it_does_and_since_when() -> None:
    progress = after(
        [
            event(nouns.DROP.id, "intent", operation="UpdateTable"),
            event(nouns.DROP.id, "sent", nouns.NOON + 1),
            event(
                nouns.DROP.id,
                "waiting",
                nouns.NOON + 2,
                status="index by_old DELETING",
                reason="until UpdateTable has taken effect",
                progress=41.2,
            ),
        ]
    )
    lane = progress.lanes[TABLE]
    assert (lane.state, lane.place, lane.since) == ("working", "0/3", nouns.NOON)
    assert line(lane, nouns.NOON + 190) == (
        "12:07:40Z tables.orders 0/3 delete index by_old: index by_old DELETING 41 %, until UpdateTable has taken effect"
        " (3m 10s)"
    )


@pytest.mark.parametrize(
    ("what", "details", "status"),
    [
        ("intent", {"operation": "UpdateTable"}, "calling UpdateTable"),
        ("intent", {"operation": "UpdateTable", "region": "us-west-2"}, "calling UpdateTable in us-west-2"),
        ("sent", {}, "accepted, not visible yet"),
        ("retrying", {"code": "ThrottlingException", "delay_seconds": 1.25}, "ThrottlingException, again in 1.2 s"),
        ("retrying", {"code": "InUse", "why": "somebody changes it"}, "somebody changes it (InUse), again"),
        ("waiting", {"status": "UPDATING"}, "UPDATING"),
    ],
)
def test_an_event_is_told_in_a_few_words(what: What, details: dict[str, Any], status: str) -> None:
    assert after([event(nouns.DROP.id, what, **details)]).lanes[TABLE].status == status


def test_a_lane_is_done_with_its_last_step_and_lets_go_what_waited() -> None:
    progress = after(event(step.id, "settled") for step in (nouns.DROP, nouns.BILLING, nouns.CREATE_INDEX))
    assert progress.lanes[TABLE].state == "done"
    assert progress.held_by(FUNCTION) == ""
    assert progress.steps_done == (3, 5)
    assert progress.count("done", "queued") == 2


def test_between_two_steps_a_lane_goes_on_and_time_starts_anew() -> None:
    progress = after([event(nouns.DROP.id, "settled"), event(nouns.BILLING.id, "intent", nouns.NOON + 60)])
    lane = progress.lanes[TABLE]
    assert (lane.state, lane.place, lane.doing, lane.since) == (
        "working",
        "1/3",
        nouns.BILLING.summary,
        nouns.NOON + 60,
    )


def test_a_failed_lane_stays_failed_while_its_other_steps_are_not_run() -> None:
    progress = after(
        [
            event(nouns.DROP.id, "failed", code="LimitExceededException", message="too many"),
            event(nouns.BILLING.id, "not_run", message="the step before failed"),
        ]
    )
    assert progress.lanes[TABLE].state == "failed"
    assert progress.lanes[TABLE].status == "LimitExceededException: too many"


@pytest.mark.parametrize(("what", "status"), [("in_progress", "left in progress"), ("not_run", "not run")])
def test_what_a_run_leaves_is_stopped(what: What, status: str) -> None:
    lane = after([event(nouns.DROP.id, what)]).lanes[TABLE]
    assert (lane.state, lane.status) == ("stopped", status)


def test_a_lane_that_was_cut_off_tells_so_once() -> None:
    cut = [
        event(nouns.DROP.id, "in_progress", status="DELETING"),
        event(nouns.BILLING.id, "not_run", message="Not run: the run was interrupted."),
    ]
    lane = after(cut).lanes[TABLE]
    assert (lane.state, lane.doing, lane.status) == ("stopped", nouns.DROP.summary, "left in progress")


def test_a_lane_with_only_background_work_left_is_no_stopped_one() -> None:
    late = replace(nouns.PREVIEW, graph=Graph(tuple(replace(step, gate="background") for step in nouns.PREVIEW.graph)))
    progress = Progress.of(late)
    for one in (
        event(nouns.DROP.id, "in_progress", status="DELETING"),
        event(nouns.BILLING.id, "not_run", message="Waits for it.", queued=True),
    ):
        progress = progress.after(one)
    assert (progress.lanes[TABLE].state, progress.lanes[TABLE].doing) == ("left", nouns.DROP.summary)
    assert progress.count("stopped") == 0


def test_a_step_whose_time_has_not_come_holds_up_nothing_behind_it() -> None:
    postponed = event(nouns.DROP.id, "not_run", message="Not before noon.", queued=True, postponed=True, until=9e9)
    lane = after([postponed]).lanes[TABLE]
    assert (lane.state, lane.place) == ("working", "0/2")
    rest = [
        event(step.id, "settled") for step in nouns.PREVIEW.graph if step.lane == TABLE and step.id != nouns.DROP.id
    ]
    lane = after([postponed, *rest]).lanes[TABLE]
    assert (lane.state, lane.place) == ("done", "2/2")
    alone = Progress.of(replace(nouns.PREVIEW, graph=Graph((nouns.DROP,)))).after(postponed).lanes[TABLE]
    assert alone.state == "left"


def test_an_event_without_a_preview_gets_a_lane_of_its_own() -> None:
    """`wait` has events of resources, and no steps."""
    lane = Progress().after(event("tables.orders", "waiting", status="UPDATING")).lanes["tables.orders"]
    assert line(lane, nouns.NOON) == "12:04:30Z tables.orders UPDATING"


def test_notices_and_what_was_found_change_nothing() -> None:
    assert after([event(nouns.DROP.id, "notice"), event("", "found")]) is START


def test_what_the_run_itself_waits_for_belongs_to_no_lane() -> None:
    progress = after([event("", "waiting", status="looking once more", reason="until it shows")])
    assert (progress.besides, progress.lanes) == ("looking once more, until it shows", START.lanes)


def test_of_several_plans_each_lane_names_its_own() -> None:
    other = replace(nouns.PLAN, name="users", resources=())
    progress = Progress.of(replace(nouns.PREVIEW, plans=(nouns.PLAN, other), graph=Graph(nouns.STEPS)))
    assert progress.lanes[TABLE].resource == "orders/tables.orders"


def test_a_line_holds_no_control_characters() -> None:
    assert line(LaneProgress("t", 1, doing="a\x1b[2J", status="b\rc"), 0) == "00:00:00Z t 0/1 a\\x1b[2J: b\\x0dc"
