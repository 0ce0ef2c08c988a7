"""Whether somebody who was shown some steps has to be asked for others."""

from dataclasses import replace

import pytest

from orchestrator.model import Backfill, Call, FromLive, Ref, Seed, Step, Task, Text, Work
from orchestrator.model.work import IfExists, Listed
from orchestrator.planning.coverage import alike, covers
from orchestrator.planning.task_calls import shown as shown_by
from orchestrator.planning.task_steps import step

TASK, TABLE = Ref("shop", ("tasks", "fill")), Ref("shop", ("tables", "orders"))
LATE = Text((FromLive(TABLE, "stream_arn"),))


def done(work: Work) -> Step:
    return step(Task(TASK, work), shown_by(work, ["id"], None))


def backfill(value: str | Text) -> Step:
    return done(Backfill("orders", set={"owner": {"S": value}}))


def seed(*values: str, if_exists: IfExists = "keep") -> Step:
    return done(Seed("orders", Listed(tuple({"id": {"S": value}} for value in values)), if_exists))


def tagged(value: str) -> Step:
    call = Call("dynamodb", "TagResource", {"Tags": [{"Key": "team", "Value": value}]})
    return Step("tables.orders:update-tags", TABLE, "dynamodb/table/orders", "update", "tag", call, (), 60)


@pytest.mark.parametrize(
    ("shown", "now"),
    [
        (backfill("a"), backfill("b")),
        (seed("1", "2"), seed("1", "3")),
        (seed("1"), seed("1", "2")),
        (seed("1"), seed("1", if_exists="fail")),
        (backfill("a"), backfill(LATE)),
        (tagged("shop"), tagged("till")),
        (tagged("shop"), backfill("a")),
    ],
    ids=["set", "second item", "one more item", "rule", "known no more", "call", "another thing"],
)
def test_what_says_something_else_is_not_covered(shown: Step, now: Step) -> None:
    assert not covers([shown], [now])
    assert covers([shown, now], [now])


@pytest.mark.parametrize(
    ("shown", "now"),
    [(backfill("a"), backfill("a")), (seed("1", "2"), seed("1", "2")), (backfill(LATE), backfill("arn"))],
    ids=["backfill", "seed", "known by now"],
)
def test_what_says_the_same_is_covered(shown: Step, now: Step) -> None:
    assert covers([shown], [now])


def test_fewer_steps_are_covered_and_waiting_asks_for_nothing() -> None:
    assert covers([tagged("shop"), backfill("a")], [backfill("a")])
    assert covers([], [replace(tagged("shop"), call=None)])


def test_a_task_that_is_shown_without_a_call_is_told_by_what_it_does() -> None:
    """The keys of its table were not known yet."""
    for one, another in ((backfill("a"), backfill("b")), (seed("1"), seed("2"))):
        early, later = replace(one, call=None), replace(another, call=None)
        assert covers([early], [one])
        assert not covers([early], [later])
        assert not covers([], [early])


def test_calls_are_alike_by_what_they_are_and_where_they_go() -> None:
    call = Call("dynamodb", "PutItem", {"Item": {"id": {"S": LATE}}})
    assert alike(call, replace(call, parameters={"Item": {"id": {"S": "x"}}}))
    assert not alike(call, replace(call, operation="DeleteItem"))
    assert not alike(call, replace(call, region="eu-north-1"))
    assert not alike(call, replace(call, parameters={"Item": {"id": {"S": "x"}, "n": {"N": "1"}}}))
    assert not alike(call, None)
    assert not alike([1], [1, 2])
