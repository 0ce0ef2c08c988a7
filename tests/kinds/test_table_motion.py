"""What moves beside a settled table holds back only who asked for it, and what is stuck says why (fact sheet 14.1)."""

from dataclasses import replace
from typing import Any

import pytest

from orchestrator.kinds import KINDS
from orchestrator.kinds.table.live import (
    Capacity,
    Destination,
    IndexLive,
    Insights,
    KeySchema,
    Projection,
    TableLive,
    Warmth,
)
from orchestrator.model import Broken, Change, Pending, Ref, Settled, Verdict

REF = Ref("demo", ("tables", "orders"))
BY_DAY = REF.child("indexes", "by_day")
KEYS = KeySchema((("id", "S"),))
RAISING = Warmth(12_000, 4_000, "UPDATING")
INDEX = IndexLive("by_day", "ACTIVE", False, KEYS, Projection("ALL"), Capacity(0, 0), warm=RAISING)
LIVE = TableLive(
    "orders",
    "arn",
    "1",
    "ACTIVE",
    KEYS,
    on_demand=True,
    capacity=Capacity(0, 0),
    warm=RAISING,
    indexes={"by_day": INDEX},
    insights={"": Insights("ENABLING"), "by_day": Insights("FAILED", "Limit: too many rules")},
    kinesis={"a": Destination("DISABLING"), "b": Destination("ENABLE_FAILED", "no such stream")},
)
STILL = replace(
    LIVE, kinesis={"a": Destination("ACTIVE"), "b": Destination("DISABLED")}, insights={"": Insights("ENABLED")}
)


def of(field: str, after: Any, ref: Ref = REF) -> Change:
    return Change(ref, field, None, after, "update")


@pytest.mark.parametrize(
    ("change", "live", "expected"),
    [
        (of("warm_throughput", {"asked_for": {"read": 20_000}}), LIVE, Settled()),
        (of("warm_throughput", {"read": 20_000}), LIVE, Pending("warm throughput of the table UPDATING")),
        (of("warm_throughput", {"read": 12_000}), LIVE, Settled()),
        (of("warm_throughput", {"read": 20_000}), replace(LIVE, warm=Warmth(12_000)), Settled()),
        (of("warm_throughput", {"read": 20_000}, BY_DAY), LIVE, Pending("warm throughput of index by_day UPDATING")),
        (of("contributor_insights", True), LIVE, Pending("contributor insights of the table ENABLING")),
        (of("contributor_insights", False), LIVE, Pending("contributor insights of the table ENABLING")),
        (of("contributor_insights", True), STILL, Settled()),
        (of("contributor_insights", False, BY_DAY), LIVE, Settled()),
        (
            of("contributor_insights", True, BY_DAY),
            LIVE,
            Broken(
                "contributor insights of index by_day are FAILED: Limit: too many rules", "FAILED", recoverable=True
            ),
        ),
        (
            of("contributor_insights", True, BY_DAY),
            replace(LIVE, indexes={"by_day": replace(INDEX, status="CREATING", backfilling=True)}),
            Pending("index by_day CREATING, backfilling"),
        ),
        (of("kinesis_stream", "a"), LIVE, Pending("Kinesis destination DISABLING")),
        (of("kinesis_stream", {"stopped": "a"}), LIVE, Pending("Kinesis destination DISABLING")),
        (
            of("kinesis_stream", "b"),
            LIVE,
            Broken("the Kinesis destination is ENABLE_FAILED: no such stream", "ENABLE_FAILED", recoverable=True),
        ),
        (of("kinesis_stream", "a"), STILL, Settled()),
    ],
)
def test_only_what_a_change_is_about_moves_for_it(change: Change, live: TableLive, expected: Verdict) -> None:
    assert KINDS[change.ref.section].motion(change, live) == expected


@pytest.mark.parametrize("ref", [REF, BY_DAY, Ref("demo", ("functions", "api"))])
@pytest.mark.parametrize("field", ["", "ttl", "warm_throughput", "contributor_insights", "kinesis_stream", "colour"])
@pytest.mark.parametrize("live", [None, replace(LIVE, status="DELETING", indexes={}), replace(STILL, indexes={})])
def test_it_is_total(ref: Ref, field: str, live: TableLive | None) -> None:
    assert KINDS[ref.section].motion(of(field, True, ref), live) == Settled()
