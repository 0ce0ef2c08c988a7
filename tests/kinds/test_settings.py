"""What a row can say of its setting: calls of any service, what is live, and with which other rows it shares its call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from orchestrator.kinds import settings
from orchestrator.kinds.contract import Move, Setting, Subject
from orchestrator.kinds.merging import Apart, merged
from orchestrator.kinds.step_builder import StepBuilder
from orchestrator.model import Call, Change, Finding, FromLive, Ref, Scope, Text
from tests.kinds.applied import CONTEXT

REF = Ref("demo", ("things", "orders"))
PART = REF.child("parts", "by_day")
BUILDER = StepBuilder("thing/orders", REF, {"update": 77})


@dataclass(frozen=True)
class Stated:
    scaled: int | None = None
    watched: bool | None = None


@dataclass(frozen=True)
class Live:
    scaled: int | str = 5
    watched: bool = False
    changes_today: int = 0


Thing = Subject[Stated, Live]


def scaling(before: int, after: int, subject: Thing) -> Sequence[Move]:
    resource = {"ServiceNamespace": "dynamodb", "ResourceId": f"table/{subject.name}"}
    target = Call("application-autoscaling", "RegisterScalableTarget", {**resource, "MaxCapacity": after})
    policy = Call("application-autoscaling", "PutScalingPolicy", {**resource, "PolicyName": "target"})
    halfway = f"{after}, without a policy"
    return [Move("register", target, before, halfway, deadline=30), Move("follow", policy, halfway, after)]


def busy(change: Change, subject: Thing) -> Sequence[Finding]:
    return [Finding("warning", "busy", f"{subject.seen.changes_today} today")] if subject.seen.changes_today else []


def watching(before: bool, after: bool, subject: Thing) -> Sequence[Move]:
    return [Move("watch", Call("dynamodb", "Watch", {"Arn": subject.arn, "On": after}), before, after)]


SCALED: Setting[Stated, Live] = Setting(
    "scaled", 1, lambda stated: stated.scaled, lambda live: live.scaled, scaling, hazards=busy
)
WATCHED: Setting[Stated, Live] = Setting(
    "watched",
    2,
    lambda stated: stated.watched,
    lambda live: live.watched,
    watching,
    fresh=False,
    scope=Scope.SELF,
    reads=lambda stated, _: frozenset({"watching"}),
)
ROWS = settings.by_name(SCALED, WATCHED)


def subject(stated: Stated, live: Live | None = None, ref: Ref = REF, arn: str | Text = "arn:orders") -> Thing:
    return Subject(ref, "orders-prod", arn, stated, live)


def test_a_setting_of_another_service_is_one_row() -> None:
    thing = subject(Stated(scaled=50), Live(changes_today=3))
    changes = list(settings.differences(ROWS, thing, CONTEXT))
    assert changes == [Change(REF, "scaled", 5, 50, "update")]
    steps = [BUILDER.setting(sending) for sending in settings.sendings(settings.due(ROWS, changes, thing))]
    assert [(step.id, step.call and step.call.api) for step in steps] == [
        ("things.orders:update-scaled", "application-autoscaling:RegisterScalableTarget"),
        ("things.orders:update-scaled", "application-autoscaling:PutScalingPolicy"),
    ]
    goals = [change for step in steps for change in step.because]
    assert [settings.reached(SCALED, goal, Live()) for goal in goals] == [False, False]
    assert [settings.reached(SCALED, goal, Live("50, without a policy")) for goal in goals] == [True, False]
    assert steps[0].call is not None
    assert steps[0].call.parameters["ResourceId"] == "table/orders-prod"
    (finding,) = settings.hazards(ROWS, changes, thing, CONTEXT)
    assert (finding.code, finding.message, finding.ref) == ("busy", "3 today", REF)


def test_two_settings_of_one_name_are_a_mistake() -> None:
    """The second would hide the first."""
    with pytest.raises(ValueError, match="two settings are called scaled"):
        settings.by_name(SCALED, WATCHED, SCALED)


def test_a_move_must_lead_somewhere() -> None:
    """Its goal would be reached before its call is sent, and the call never be."""
    with pytest.raises(ValueError, match="leads nowhere"):
        Move("register", Call("application-autoscaling", "RegisterScalableTarget"), 5, 5)


def test_a_new_thing_is_named_by_what_is_known_of_it_later() -> None:
    late = Text((FromLive(REF, "arn"),))
    thing = subject(Stated(watched=True), arn=late)
    changes = list(settings.afterwards(ROWS, settings.values(ROWS, thing, CONTEXT), thing))
    (sending,) = settings.sendings(settings.due(ROWS, changes, thing))
    assert sending.call == Call("dynamodb", "Watch", {"Arn": late, "On": True})


def test_only_what_is_stated_is_read() -> None:
    assert settings.reads(ROWS, Stated(scaled=5)) == frozenset()
    assert settings.reads(ROWS, Stated(watched=False)) == {"watching"}


def test_equal_operations_on_different_things_stay_apart() -> None:
    """Each call names its own thing: merged, one of the two would be forgotten."""
    stated = Stated(watched=True)
    calls = [
        one
        for ref, arn in ((REF, "arn:orders"), (PART, "arn:orders/by_day"))
        for one in settings.due(
            ROWS, [Change(ref, "watched", False, True, "update")], subject(stated, Live(), ref, arn)
        )
    ]
    sent = list(settings.sendings(calls))
    assert [sending.call.parameters["Arn"] for sending in sent if sending.call] == ["arn:orders", "arn:orders/by_day"]
    assert [BUILDER.setting(sending).ref for sending in sent] == [REF, PART]


def test_the_plans_timeout_wins_over_the_rows() -> None:
    thing = subject(Stated(scaled=50), Live())
    calls = list(settings.due(ROWS, [Change(REF, "scaled", 5, 50, "update")], thing))
    assert [BUILDER.setting(sending).deadline for sending in settings.sendings(calls)] == [77, 77]
    patient: dict[str, Any] = {"patience": 100}
    steps = [StepBuilder("thing/orders", REF, **patient).setting(sending) for sending in settings.sendings(calls)]
    assert [step.deadline for step in steps] == [100, 600]


def stepped(before: int, after: int, subject: Thing) -> Sequence[Move]:
    """Asked for at once, seen to at the end of the lane."""
    raising = Call("dynamodb", "Raise", {"Name": subject.name, "To": after})
    return [
        Move("raise", raising, before, "raising"),
        Move("wait until raised", None, "raising", after, order=9, gate="background", pause=60.0),
    ]


def test_a_move_without_a_call_waits_at_its_own_place() -> None:
    raised = replace(SCALED, moves=stepped)
    rows = {"scaled": raised, "watched": WATCHED}
    thing = subject(Stated(scaled=50, watched=True), Live())
    changes = list(settings.differences(rows, thing, CONTEXT))
    steps = [BUILDER.setting(sending) for sending in settings.sendings(settings.due(rows, changes, thing))]
    assert [(step.id, step.action, step.gate, step.pause) for step in steps] == [
        ("things.orders:update-scaled", "update", "start", 0),
        ("things.orders:update-watched", "update", "start", 0),
        ("things.orders:wait-scaled", "wait", "background", 60),
    ]
    assert steps[-1].call is None
    assert steps[-1].deadline == 60 + 77  # the pause is no part of what AWS may take


# ----------------------------------------------------------------------------------------------------------- merging


def update(index: str | None = None, **values: Any) -> Call:
    parameters = {"IndexUpdates": [{"Update": {"IndexName": index, **values}}]} if index else values
    return Call("dynamodb", "UpdateTable", {"TableName": "orders", **parameters})


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (update(A=1), update(B=2), {"A": 1, "B": 2}),
        (update(A={"x": 1}), update(A={"y": 2}), {"A": {"x": 1, "y": 2}}),
        (
            update("by_day", A=1),
            update("by_day", B=2),
            {"IndexUpdates": [{"Update": {"IndexName": "by_day", "A": 1, "B": 2}}]},
        ),
        (
            update("by_day", A=1),
            update("by_name", A=2),
            {
                "IndexUpdates": [
                    {"Update": {"IndexName": "by_day", "A": 1}},
                    {"Update": {"IndexName": "by_name", "A": 2}},
                ]
            },
        ),
    ],
    ids=["side by side", "inside each other", "of one index", "of two indexes"],
)
def test_requests_that_add_up_are_one(one: Call, other: Call, both: Mapping[str, Any]) -> None:
    assert merged(one, other).parameters == {"TableName": "orders", **both}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (update(A=1), update(A=2)),
        (update(A={"x": 1}), update(A={"x": 2})),
        (update(A=1), replace(update(B=2), region="us-west-2")),
        (update(A=1), Call("dynamodb", "UpdateTimeToLive", {"TableName": "orders"})),
    ],
    ids=["two values", "two values inside", "two Regions", "two operations"],
)
def test_requests_that_contradict_each_other_stay_apart(one: Call, other: Call) -> None:
    with pytest.raises(Apart):
        merged(one, other)


def test_a_setting_may_be_compared_as_another_one_of_the_plan_leaves_it() -> None:
    def unscaled(thing: Thing) -> Thing:
        return replace(thing, live=replace(thing.seen, scaled=5))

    rows = settings.by_name(replace(SCALED, compared=unscaled))
    thing = subject(Stated(scaled=50), Live(50))
    assert list(settings.differences(rows, thing, CONTEXT)) == [Change(REF, "scaled", 5, 50, "update")]


def test_a_move_may_look_at_less_than_its_setting() -> None:
    def moves(before: bool, after: bool, thing: Thing) -> list[Move]:
        seen = frozenset({"watching:one"})
        return [replace(move, reads=seen) for move in watching(before, after, thing)]

    rows = settings.by_name(replace(WATCHED, moves=moves))
    thing = subject(Stated(watched=True), Live())
    changes = settings.differences(rows, thing, CONTEXT)
    (sending,) = settings.sendings(settings.due(rows, changes, thing))
    assert BUILDER.setting(sending).reads == {"watching:one"}
