"""Events become a report: one outcome per step, and the exit code of the first reason that counts."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from orchestrator.engine.fold import Closing, fold
from orchestrator.model import Event, Graph, Ref, Step, What

STEPS = ("a", "b", "c")
WHATS: tuple[What, ...] = (
    "found",
    "intent",
    "sent",
    "retrying",
    "waiting",
    "settled",
    "already_in_place",
    "in_progress",
    "failed",
    "not_run",
    "notice",
    "finished",
)
DETAILS: dict[str, Any] = {
    "code": "X",
    "message": "m",
    "action": "a",
    "where": "w",
    "treatment": "backoff",
    "status": "UPDATING",
    "since": 5.0,
    "seconds": 1.0,
}


def step(name: str) -> Step:
    return Step(name, Ref("p", ("tables", name)), name, "update", name, None, (), 60)


GRAPH = Graph(tuple(map(step, STEPS)))


def event(at: float, name: str, what: What, **details: Any) -> Event:
    return Event(at, "run", name, what, {**DETAILS, **details})


def closing(**more: Any) -> Closing:
    return Closing("run", 0.0, 100.0, **more)


def test_a_step_that_was_sent_twice() -> None:
    events = [
        event(10, "a", "intent"),
        event(11, "a", "retrying", code="T", treatment="backoff"),
        event(12, "a", "retrying", code="T", treatment="backoff"),
        event(13, "a", "intent"),
        event(14, "a", "sent"),
        event(15, "a", "waiting"),
        event(20, "a", "settled"),
    ]
    told = fold(Graph((step("a"),)), events, closing()).steps[0]
    assert (told.outcome, told.attempts, told.retries) == ("done", 2, (("T", "backoff", 2),))
    assert (told.issued_seconds, told.settling_seconds, told.finished, told.error) == (4, 6, 20, None)


def test_an_error_has_its_four_facts_and_nothing_else() -> None:
    report = fold(Graph((step("a"),)), [event(1, "a", "failed", exit_code=1)], closing())
    assert report.steps[0].error == {"code": "X", "message": "m", "action": "a", "where": "w"}


def test_what_runs_on_and_what_queues_behind_it_are_listed() -> None:
    events = [event(9, "a", "in_progress"), event(9, "b", "not_run", queued=True), event(9, "c", "not_run")]
    report = fold(GRAPH, events, closing())
    assert [(str(one.ref), one.status, one.since) for one in report.still_running] == [("tables.a", "UPDATING", 5.0)]
    assert report.queued == ("b",)


@pytest.mark.parametrize(
    ("whats", "more", "expected"),
    [
        ([("a", "settled", {}), ("b", "already_in_place", {}), ("c", "settled", {})], {}, (0, "succeeded")),
        ([("a", "failed", {}), ("b", "in_progress", {}), ("c", "settled", {})], {}, (1, "failed")),
        ([("a", "failed", {}), ("b", "failed", {"exit_code": 7})], {}, (7, "unreachable")),
        ([("a", "in_progress", {"exit_code": 7})], {}, (7, "unreachable")),
        ([("a", "in_progress", {}), ("b", "settled", {}), ("c", "settled", {})], {}, (6, "in_progress")),
        ([("a", "settled", {}), ("b", "not_run", {}), ("c", "settled", {})], {}, (6, "in_progress")),
        ([("a", "in_progress", {}), ("b", "not_run", {})], {"wait": "none"}, (0, "in_progress")),
        ([("a", "failed", {}), ("b", "in_progress", {})], {"wait": "none"}, (1, "failed")),
        ([("a", "failed", {"exit_code": 7})], {"signal": 2}, (130, "interrupted")),
        ([("a", "settled", {}), ("b", "settled", {}), ("c", "settled", {})], {"signal": 15}, (143, "interrupted")),
    ],
)
def test_the_exit_code_is_that_of_the_first_reason(
    whats: list[tuple[str, What, dict[str, Any]]], more: dict[str, Any], expected: tuple[int, str]
) -> None:
    """Command-line page: of several reasons the first of signal, 7, 1, 5, 6."""
    report = fold(GRAPH, [event(1, name, what, **details) for name, what, details in whats], closing(**more))
    assert (report.exit_code, report.outcome) == expected


BACKGROUND = Graph(
    (GRAPH.steps[0], replace(GRAPH.steps[1], gate="background"), replace(GRAPH.steps[2], gate="background"))
)
LEFT: list[tuple[str, What, dict[str, Any]]] = [
    ("a", "settled", {}),
    ("b", "in_progress", {}),
    ("c", "not_run", {"queued": True}),
]


@pytest.mark.parametrize(
    ("whats", "more", "expected"),
    [
        (LEFT, {}, (0, "succeeded")),
        (LEFT, {"wait": "all"}, (6, "in_progress")),
        (LEFT, {"signal": 2}, (130, "interrupted")),
        ([("a", "in_progress", {}), *LEFT[1:]], {}, (6, "in_progress")),
        ([("a", "not_run", {"queued": True}), *LEFT[1:]], {}, (6, "in_progress")),
        ([("a", "not_run", {"queued": True, "postponed": True}), *LEFT[1:]], {}, (0, "succeeded")),
        ([("a", "not_run", {"queued": True, "postponed": True}), *LEFT[1:]], {"wait": "all"}, (6, "in_progress")),
        ([*LEFT[:2], ("c", "failed", {})], {}, (1, "failed")),
        ([*LEFT[:1], ("b", "in_progress", {"exit_code": 7})], {}, (7, "unreachable")),
        (LEFT[:1], {}, (6, "in_progress")),
    ],
)
def test_what_is_left_in_the_background_is_no_shortfall(
    whats: list[tuple[str, What, dict[str, Any]]], more: dict[str, Any], expected: tuple[int, str]
) -> None:
    """Plan language, Gates. What has no end at all (a dead run's journal) was not left on purpose."""
    report = fold(BACKGROUND, [event(1, name, what, **details) for name, what, details in whats], closing(**more))
    assert (report.exit_code, report.outcome) == expected


def test_still_running_tells_its_gate() -> None:
    report = fold(BACKGROUND, [event(1, name, "in_progress") for name in STEPS], closing())
    assert [one.gate for one in report.still_running] == ["start", "background", "background"]


def test_an_empty_graph_is_nothing_to_do() -> None:
    report = fold(Graph(), [], closing(calls={"dynamodb:DescribeTable": 3}))
    assert (report.exit_code, report.outcome, report.steps) == (0, "nothing_to_do", ())
    assert report.calls == {"dynamodb:DescribeTable": 3}


def test_notices_are_collected() -> None:
    assert fold(GRAPH, [event(1, "a", "notice", message="look")], closing()).notices == ("look",)


@given(some.lists(some.tuples(some.sampled_from((*STEPS, "")), some.sampled_from(WHATS)), max_size=30))
def test_any_events_give_exactly_one_outcome_per_step(events: list[tuple[str, What]]) -> None:
    """Total: also for the journal of a run that died in the middle."""
    report = fold(GRAPH, [event(at, name, what) for at, (name, what) in enumerate(events)], closing())
    assert [one.id for one in report.steps] == list(STEPS)
    assert all((one.error is not None) >= (one.outcome == "failed") for one in report.steps)


def test_a_dead_runs_last_word_is_in_progress_where_a_call_was_begun() -> None:
    report = fold(GRAPH, [event(1, "a", "intent"), event(2, "b", "waiting")], closing())
    assert [one.outcome for one in report.steps] == ["in_progress", "not_run", "not_run"]
