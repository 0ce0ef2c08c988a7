"""How long a step is likely to take, in seconds: the fact sheet's section 9 as rows of calls, first match wins.

These are guesses for a reviewer, never deadlines. What depends on more than the call (how much a table holds, whether a version
is snapped) the kind says of its step.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from orchestrator.model import NO_TIME, Call, Estimate, Step

Match = Callable[[Mapping[str, Any]], bool]


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


ROWS: tuple[Row, ...] = (
    Row("CreateTable", _has("GlobalSecondaryIndexes"), Estimate(10, 30, 120)),
    Row("CreateTable", _any, Estimate(5, 15, 60)),
    Row("DeleteTable", _any, Estimate(5, 20, 300)),
    Row("UpdateTable", _replica_action("Delete"), Estimate(60, 150, 300)),
    Row("UpdateTable", _replica_action("Update"), Estimate(30, 60, 300)),
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
WAITING = Estimate(1, 60, 600)


def estimated(step: Step) -> Step:
    """The step with its estimate, the pause before it included."""
    own = step.estimate if step.estimate != NO_TIME else _by_call(step.call)
    return replace(step, estimate=Estimate(step.pause, step.pause, step.pause) + own)


def _by_call(call: Call | None) -> Estimate:
    if call is None:
        return WAITING
    row = next((row for row in ROWS if row.operation == call.operation and row.match(call.parameters)), None)
    return row.estimate if row else METADATA
