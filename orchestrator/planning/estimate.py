"""How long a step is likely to take, in seconds: the fact sheet's section 9 as rows, first match wins.

These are guesses for a reviewer, never deadlines. Only an index build depends on how much the table holds, and that count
is up to six hours old (fact sheet 0.2).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from orchestrator.kinds.fields import OFF
from orchestrator.kinds.table.lanes import COPIED_PER_SECOND
from orchestrator.model import NO_TIME, Estimate, Step

Match = Callable[[Mapping[str, Any]], bool]

INDEX_WRITES_PER_SECOND = 4000
"""What an on-demand index takes at first, in write units of 1 KB (fact sheet, section 9)."""


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of call: `match` looks at its parameters."""

    operation: str
    match: Match
    estimate: Estimate


def _any(_: Mapping[str, Any]) -> bool:
    return True


def _has(*names: str) -> Match:
    return lambda parameters: any(name in parameters for name in names)


def _index_action(action: str) -> Match:
    return lambda parameters: any(action in update for update in parameters.get("GlobalSecondaryIndexUpdates", ()))


def _is(name: str, value: str) -> Match:
    return lambda parameters: parameters.get(name) == value


def _replica_action(action: str) -> Match:
    return lambda parameters: any(action in update for update in parameters.get("ReplicaUpdates", ()))


def _asks_for_warmth(parameters: Mapping[str, Any]) -> bool:
    """The raise itself is waited for by another step."""
    updates = parameters.get("GlobalSecondaryIndexUpdates", ())
    return "WarmThroughput" in parameters or any("WarmThroughput" in one.get("Update", {}) for one in updates)


REPLICA_COPY = Row("UpdateTable", _replica_action("Create"), Estimate(60, 240, 600))
INDEX_BUILD = Row("UpdateTable", _index_action("Create"), Estimate(180, 420, 1200))

ROWS: tuple[Row, ...] = (
    Row("CreateTable", _has("GlobalSecondaryIndexes"), Estimate(10, 30, 120)),
    Row("CreateTable", _any, Estimate(5, 15, 60)),
    Row("DeleteTable", _any, Estimate(5, 20, 300)),
    REPLICA_COPY,
    Row("UpdateTable", _replica_action("Delete"), Estimate(60, 150, 300)),
    Row("UpdateTable", _replica_action("Update"), Estimate(30, 60, 300)),
    INDEX_BUILD,
    Row("UpdateTable", _index_action("Delete"), Estimate(30, 150, 300)),
    Row("UpdateTable", _is("BillingMode", "PAY_PER_REQUEST"), Estimate(60, 600, 1800)),
    Row("UpdateTable", _is("BillingMode", "PROVISIONED"), Estimate(10, 60, 300)),
    Row("UpdateTable", _has("SSESpecification", "TableClass"), Estimate(30, 120, 300)),
    Row("UpdateTable", _has("DeletionProtectionEnabled"), Estimate(1, 5, 15)),
    Row("UpdateTable", _asks_for_warmth, Estimate(1, 5, 15)),
    Row("UpdateTable", _any, Estimate(5, 20, 120)),
    Row("UpdateTimeToLive", _any, Estimate(1, 5, 60)),
    Row("UpdateContinuousBackups", _any, Estimate(2, 5, 600)),
    Row("UpdateContributorInsights", _any, Estimate(2, 15, 60)),
    Row("EnableKinesisStreamingDestination", _any, Estimate(2, 10, 300)),
    Row("DisableKinesisStreamingDestination", _any, Estimate(1, 5, 60)),
    Row("CreateBackup", _any, Estimate(1, 10, 60)),
    Row("CreateFunction", _has("VpcConfig"), Estimate(10, 90, 240)),
    Row("CreateFunction", _is("PackageType", "Image"), Estimate(5, 20, 60)),
    Row("CreateFunction", _any, Estimate(1, 4, 15)),
    Row("UpdateFunctionCode", _has("ImageUri"), Estimate(5, 20, 60)),
    Row("UpdateFunctionCode", _any, Estimate(1, 3, 10)),
    Row("UpdateFunctionConfiguration", _has("VpcConfig"), Estimate(10, 90, 240)),
    Row("UpdateFunctionConfiguration", _has("ImageConfig"), Estimate(5, 20, 60)),
    Row("UpdateFunctionConfiguration", _any, Estimate(1, 3, 10)),
    Row("PublishVersion", _any, Estimate(1, 3, 15)),
    Row("CreateEventSourceMapping", _any, Estimate(5, 20, 60)),
    Row("UpdateEventSourceMapping", _any, Estimate(5, 20, 60)),
    Row("DeleteEventSourceMapping", _any, Estimate(5, 20, 60)),
    Row("PutProvisionedConcurrencyConfig", _any, Estimate(60, 120, 600)),
)

METADATA = Estimate(0.2, 1, 5)
SNAPSHOT = Estimate(60, 120, 1560)
"""A version that SnapStart takes a snapshot of."""
WAITING = Estimate(1, 60, 600)
WARMING = Estimate(30, 120, 1800)


def estimate(step: Step, live: Any) -> Estimate:
    """Seconds that `step` is likely to take; `live` is the root's Live, or None where it is absent."""
    if step.call is None:
        return WARMING if any(change.field == "warm_throughput" for change in step.because) else WAITING
    if step.call.operation == "PublishVersion" and _snapped(step, live):
        return SNAPSHOT
    parameters = step.call.parameters
    row = next((row for row in ROWS if row.operation == step.call.operation and row.match(parameters)), None)
    if row is INDEX_BUILD:
        return row.estimate + _backfill(live)
    if row is REPLICA_COPY:
        return row.estimate + _copying(live)
    return row.estimate if row else METADATA


def _snapped(step: Step, live: Any) -> bool:
    """Whether SnapStart is on by then: as the plan states it, else as it is."""
    stated = next((change.after for change in step.given if change.field == "snap_start"), None)
    return (stated or getattr(getattr(live, "content", None), "snap_start", OFF)) != OFF


def _backfill(live: Any) -> Estimate:
    """Copying what the table holds: every item costs at least one write unit of 1 KB."""
    items, size = getattr(live, "item_count", 0) or 0, getattr(live, "size_bytes", 0) or 0
    if not items:
        return NO_TIME
    units = max(items, size / 1024)
    seconds = units / INDEX_WRITES_PER_SECOND
    return Estimate(seconds / 2, seconds, seconds * 4)


def _copying(live: Any) -> Estimate:
    """A destination Region takes 10 TB a day (fact sheet 4.2); how much faster one table is copied nobody says."""
    seconds = (getattr(live, "size_bytes", 0) or 0) / COPIED_PER_SECOND
    return Estimate(seconds / 2, seconds, seconds * 4) if seconds else NO_TIME


def estimated(step: Step, live: Any) -> Step:
    """The step with its estimate, the pause before it included."""
    return replace(step, estimate=Estimate(step.pause, step.pause, step.pause) + estimate(step, live))
