"""What a row can say of its setting: calls of any service, what is live, and with which other rows it shares its call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from orchestrator.kinds import settings
from orchestrator.kinds.contract import Move, Setting, Subject
from orchestrator.kinds.lane import Lane
from orchestrator.model import Call, Change, Finding, FromLive, Ref, Scope, Text
from tests.kinds.applied import CONTEXT

REF = Ref("demo", ("things", "orders"))
PART = REF.child("parts", "by_day")
LANE = Lane("thing/orders", REF, {"update": 77})


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
    reads=lambda stated: frozenset({"watching"}),
)
ROWS: Mapping[str, Setting[Stated, Live]] = {row.name: row for row in (SCALED, WATCHED)}


def subject(stated: Stated, live: Live | None = None, ref: Ref = REF, arn: str | Text = "arn:orders") -> Thing:
    return Subject(ref, "orders-prod", arn, stated, live)


def test_a_setting_of_another_service_is_one_row() -> None:
    thing = subject(Stated(scaled=50), Live(changes_today=3))
    changes = list(settings.differences(ROWS.values(), thing, CONTEXT))
    assert changes == [Change(REF, "scaled", 5, 50, "update")]
    steps = [LANE.setting(sending) for sending in settings.sendings(settings.due(ROWS, changes, thing))]
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


def test_a_move_must_lead_somewhere() -> None:
    """Its goal would be reached before its call is sent, and the call never be."""
    with pytest.raises(ValueError, match="leads nowhere"):
        Move("register", Call("application-autoscaling", "RegisterScalableTarget"), 5, 5)


def test_a_new_thing_is_named_by_what_is_known_of_it_later() -> None:
    late = Text((FromLive(REF, "arn"),))
    thing = subject(Stated(watched=True), arn=late)
    changes = list(settings.afterwards(ROWS.values(), thing, CONTEXT))
    (sending,) = settings.sendings(settings.due(ROWS, changes, thing))
    assert sending.call.parameters == {"Arn": late, "On": True}


def test_only_what_is_stated_is_read() -> None:
    assert settings.reads(ROWS.values(), Stated(scaled=5)) == frozenset()
    assert settings.reads(ROWS.values(), Stated(watched=False)) == {"watching"}


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
    assert [sending.call.parameters["Arn"] for sending in sent] == ["arn:orders", "arn:orders/by_day"]
    assert [LANE.setting(sending).ref for sending in sent] == [REF, PART]


def test_the_plans_timeout_wins_over_the_rows() -> None:
    thing = subject(Stated(scaled=50), Live())
    calls = list(settings.due(ROWS, [Change(REF, "scaled", 5, 50, "update")], thing))
    assert [LANE.setting(sending).deadline for sending in settings.sendings(calls)] == [77, 77]
    patient: dict[str, Any] = {"patience": 100}
    steps = [Lane("thing/orders", REF, **patient).setting(sending) for sending in settings.sendings(calls)]
    assert [step.deadline for step in steps] == [100, 600]
