"""What AWS takes only so often is counted before the first call: what is certainly spent refuses, and says until when."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from orchestrator.kinds import table
from orchestrator.kinds.contract import Context
from orchestrator.kinds.table.live import Capacity, IndexLive, KeySchema, Projection, ReplicaLive, TableLive
from orchestrator.model import Declared, Finding, Policy, Position, Ref
from orchestrator.sandbox.rules.dynamodb import budgets
from orchestrator.sandbox.rules.refusal import Refusal
from tests.kinds.cases import BODIES

REF = Ref("demo", ("tables", "orders"))
KEYS = KeySchema((("id", "S"),))
LIVE = TableLive(
    "orders", "arn", "1", "ACTIVE", KEYS, on_demand=False, capacity=Capacity(9, 9), deletion_protection=True, targets={}
)
LOWER = {"billing": {"provisioned": {"read": 1, "write": 9}}}


def at(hour: int, minute: int = 0, day: int = 26) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def found(live: TableLive, now: datetime, code: str, **body: Any) -> list[Finding]:
    context = Context(
        Policy(), lambda value: value, lambda ref, field: Position(f"{ref}:{field}", 1, 1), now.timestamp()
    )
    declared = Declared(REF, "orders", BODIES["tables"].validate_python(body))
    return [finding for finding in table.diff(declared, live, context).findings if finding.code == code]


def decreased(times: int, last: datetime | None) -> TableLive:
    return replace(LIVE, capacity=Capacity(9, 9, times, last))


@pytest.mark.parametrize(
    ("times", "last", "now", "until"),
    [
        (3, at(0, 5), at(0, 6), None),
        (4, at(0, 5), at(0, 6), "2026-11-26 01:00Z"),
        (5, at(1, 5), at(1, 59), "2026-11-26 02:00Z"),
        (27, at(23, 1), at(23, 30), "2026-11-27 00:00Z"),
        (16, at(12, 1), at(12, 30), "2026-11-26 13:00Z"),
        (27, at(23, 1, 25), at(0, 1), None),  # yesterday's
        (4, at(9, 0), at(12, 0), None),
    ],
)
def test_a_decrease_without_budget_refuses_until_there_is_one(
    times: int, last: datetime, now: datetime, until: str | None
) -> None:
    """Fact sheet 3: four at midnight, UTC, one more each hour, 27 a day."""
    findings = found(decreased(times, last), now, "decrease-budget", **LOWER)
    assert [finding.refuses for finding in findings] == ([True] if until else [])
    assert all(str(until) in finding.message and finding.action for finding in findings)


@pytest.mark.parametrize("last", [at(11, 50), None])
def test_a_decrease_that_may_have_no_budget_is_warned_of(last: datetime | None) -> None:
    """Never more than four are banked, and nothing tells how many are."""
    (finding,) = found(decreased(6, last), at(12, 10), "decrease-budget", **LOWER)
    assert finding.level == "warning"
    assert not finding.refuses
    assert finding.where == Position("tables.orders:billing", 1, 1)


def test_what_is_no_decrease_is_not_counted() -> None:
    spent, higher = decreased(27, at(11)), {"provisioned": {"read": 10, "write": 9}}
    assert found(spent, at(12), "decrease-budget", billing=higher) == []
    assert found(spent, at(12), "decrease-budget", billing="on_demand") == []
    assert found(spent, at(12), "decrease-budget", table_class="infrequent_access") == []


def test_each_index_has_a_budget_of_its_own() -> None:
    index = IndexLive("by_day", "ACTIVE", False, KEYS, Projection("ALL"), Capacity(9, 9, 16, at(12, 1)))
    live = replace(LIVE, indexes={"by_day": index})
    (finding,) = found(live, at(12, 30), "decrease-budget", indexes={"by_day": LOWER})
    assert finding.ref == REF.child("indexes", "by_day")
    assert finding.refuses
    assert found(live, at(12, 30), "decrease-budget", **LOWER) == []


@pytest.mark.parametrize(
    "minutes", [range(0, 60, 7), range(0, 24 * 60, 31), [0, 1, 2, 3, 61, 62, 180, 181, 182, 183, 184]]
)
def test_what_refuses_is_refused_by_the_rules_and_what_says_nothing_is_taken(minutes: Any) -> None:
    """Against the sandbox's own count: every decrease that it takes, then one look a minute later."""
    midnight = at(0).timestamp()
    taken: list[float] = []
    for minute in minutes:
        now = midnight + minute * 60
        last = datetime.fromtimestamp(taken[-1], UTC) if taken else None
        findings = found(decreased(len(taken), last), datetime.fromtimestamp(now, UTC), "decrease-budget", **LOWER)
        try:
            budgets.check_decrease(taken, now)
        except Refusal:
            assert findings
        else:
            assert not any(finding.refuses for finding in findings)
            taken.append(now)


@pytest.mark.parametrize(("last", "warned"), [(None, False), (at(12, 1, 25), True), (at(12, 0, 25), False)])
def test_a_switch_to_on_demand_within_a_day_of_the_last_one_is_warned_of(last: datetime | None, warned: bool) -> None:
    findings = found(replace(LIVE, flipped=last), at(12), "flip-budget", billing="on_demand")
    assert [finding.refuses for finding in findings] == [False] * warned
    assert all("2026-11-26 12:01Z" in one.action and "left to a later run" in one.message for one in findings)


def test_what_was_is_told_by_the_minute_before_and_what_will_be_by_the_one_after() -> None:
    """Neither is a moment in which it was not so yet."""
    last = at(12, 1, 25).replace(second=30)
    (finding,) = found(replace(LIVE, flipped=last), at(12), "flip-budget", billing="on_demand")
    assert "last at 2026-11-25 12:01Z" in finding.message
    assert "apply after 2026-11-26 12:02Z" in finding.action


def test_a_switch_to_provisioned_is_not_rationed() -> None:
    live = replace(LIVE, on_demand=True, flipped=at(11))
    assert found(live, at(12), "flip-budget", billing={"provisioned": {"read": 1, "write": 1}}) == []
    assert found(live, at(12), "flip-budget", billing={"on_demand": {"max_read": 5}}) == []


@pytest.mark.parametrize(("last", "warned"), [(at(12, 1, 1), True), (datetime(2026, 10, 27, 12, tzinfo=UTC), False)])
def test_another_class_within_thirty_days_of_the_last_change_is_warned_of(last: datetime, warned: bool) -> None:
    live = replace(LIVE, class_changed=last)
    findings = found(live, at(12), "class-budget", table_class="infrequent_access")
    assert [finding.refuses for finding in findings] == [False] * warned
    assert found(live, at(12), "class-budget", table_class="standard") == []


def test_a_change_of_the_key_is_warned_of_for_nothing_tells_how_many_there_were() -> None:
    (finding,) = found(LIVE, at(12), "key-budget", encryption="aws_managed")
    assert (finding.level, finding.refuses) == ("warning", False)
    assert "left to a later run" in finding.message
    assert found(LIVE, at(12), "key-budget", encryption="aws_owned") == []


def copies(own: datetime, west: datetime | None, **others: datetime) -> TableLive:
    """A table in eu-west-1 and its replicas, by when each was made."""

    def copy(region: str, created: datetime | None) -> TableLive:
        return replace(
            LIVE, on_demand=True, created=created, arn=f"arn:aws:dynamodb:{region}:123456789012:table/orders"
        )

    made = {"us-west-2": west, **{name.replace("_", "-"): created for name, created in others.items()}}
    listed = {region: ReplicaLive(region, "ACTIVE", own=copy(region, created)) for region, created in made.items()}
    return replace(copy("eu-west-1", own), replicas=listed)


OLD = at(12, day=1)


@pytest.mark.parametrize(
    ("live", "refuses"),
    [
        (copies(OLD, at(11)), []),  # it came from here
        (copies(at(11), OLD), [True]),
        (copies(at(11, day=24), OLD), []),  # two days ago
        (copies(at(11), None), [False]),
        (copies(at(11), OLD, us_east_1=OLD), [False]),  # from one of the two
        (copies(OLD, at(9), us_east_1=at(11)), [False]),
        (copies(OLD, at(11), us_east_1=at(9)), []),
    ],
)
def test_where_a_younger_copy_came_from_is_told_and_refused_where_it_is_certain(
    live: TableLive, refuses: list[bool]
) -> None:
    """Fact sheet 8.3: it can't go for a day."""
    named = {"us-west-2": "absent", **{region: {} for region in live.replicas if region != "us-west-2"}}
    findings = found(live, at(12), "replica-source", replicas=named)
    assert [finding.refuses for finding in findings] == refuses
    assert all("2026-11-27 11:00Z" in finding.message for finding in findings if finding.refuses)
