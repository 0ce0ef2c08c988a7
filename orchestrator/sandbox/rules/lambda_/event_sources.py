"""The sorts of event source: which settings each takes, what it has unless told otherwise, and within which limits.

Which sort takes which setting is the service model's own text; the limits are its shapes' and, beyond those, as noted.
"""

import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.sandbox.rules.plain import copied
from orchestrator.sandbox.rules.refusal import Refusal

FILTERS, FIFO_BATCH, SMALL_BATCH, YOUNGEST = 5, 10, 10, 60
"""Filters of a mapping, records of a FIFO queue's batch, of one that needs no window, seconds of the least record age."""

COMMON = (
    "BatchSize",
    "MaximumBatchingWindowInSeconds",
    "FilterCriteria",
    "FunctionResponseTypes",
    "KMSKeyArn",
    "MetricsConfig",
)
OF_STREAMS = (
    "ParallelizationFactor",
    "DestinationConfig",
    "MaximumRecordAgeInSeconds",
    "BisectBatchOnFunctionError",
    "MaximumRetryAttempts",
    "TumblingWindowInSeconds",
)
OF_QUEUES = ("ScalingConfig",)
IDENTITY = (
    "EventSourceArn",
    "FunctionName",
    "Enabled",
    "Tags",
    "UUID",
    "StartingPosition",
    "StartingPositionTimestamp",
)

QUEUE_DEFAULTS: Mapping[str, Any] = {"BatchSize": 10, "MaximumBatchingWindowInSeconds": 0, "FunctionResponseTypes": []}
STREAM_DEFAULTS: Mapping[str, Any] = {
    "BatchSize": 100,
    "MaximumBatchingWindowInSeconds": 0,
    "ParallelizationFactor": 1,
    "DestinationConfig": {"OnFailure": {}},
    "MaximumRecordAgeInSeconds": -1,
    "BisectBatchOnFunctionError": False,
    "MaximumRetryAttempts": -1,
    "TumblingWindowInSeconds": 0,
    "FunctionResponseTypes": [],
}


@dataclass(frozen=True, slots=True)
class Source:
    """A DynamoDB stream, a Kinesis stream (or a consumer of one), or an SQS queue."""

    arn: str

    @property
    def service(self) -> str:
        return self.arn.split(":")[2]

    @property
    def queue(self) -> bool:
        return self.service == "sqs"

    @property
    def fifo(self) -> bool:
        return self.queue and self.arn.endswith(".fifo")

    @property
    def defaults(self) -> dict[str, Any]:
        found: dict[str, Any] = copied(QUEUE_DEFAULTS if self.queue else STREAM_DEFAULTS)
        return found

    @property
    def settings(self) -> tuple[str, ...]:
        return COMMON + (OF_QUEUES if self.queue else OF_STREAMS)


def source(parameters: Mapping[str, Any]) -> Source:
    """The source that a CreateEventSourceMapping names. Raises Refusal."""
    arn = parameters.get("EventSourceArn")
    if not arn:
        raise invalid("Unrecognized event source.")
    found = Source(arn)
    if found.service not in ("dynamodb", "kinesis", "sqs"):
        raise invalid("The sandbox models event sources of DynamoDB, Kinesis and SQS only.")
    return found


def stated(of: Source, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that a request states; one of another sort of source is refused."""
    for name in parameters:
        if name not in of.settings and name not in IDENTITY:
            raise invalid(f"Unsupported {name} parameter for given event source mapping type.")
    if (parameters.get("DestinationConfig") or {}).get("OnSuccess"):
        raise invalid("Unsupported DestinationConfig parameter for given event source mapping type.")
    return {name: copied(parameters[name]) for name in of.settings if parameters.get(name) is not None}


def merged(before: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """The settings after a change: absent is unchanged, an empty object clears (fact sheet 11.10)."""
    settings = {**before, **changed}
    if "DestinationConfig" in settings:
        failure = settings["DestinationConfig"].get("OnFailure") or {}
        settings["DestinationConfig"] = {"OnFailure": failure if failure.get("Destination") else {}}
    empty = {
        "FilterCriteria": not (settings.get("FilterCriteria") or {}).get("Filters"),
        "ScalingConfig": not settings.get("ScalingConfig"),
        "KMSKeyArn": not settings.get("KMSKeyArn"),
        "MetricsConfig": not (settings.get("MetricsConfig") or {}).get("Metrics"),
    }
    return {name: value for name, value in settings.items() if not empty.get(name)}


def position(of: Source, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Where reading starts: a stream needs it, a queue has none, only Kinesis starts at a time."""
    at, when = parameters.get("StartingPosition"), parameters.get("StartingPositionTimestamp")
    if of.queue:
        if at or when is not None:
            raise invalid("StartingPosition is not valid for SQS event sources.")
        return {}
    if not at:
        raise invalid(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
            "Member must not be null."
        )
    if at == "AT_TIMESTAMP" and of.service == "dynamodb":
        raise invalid(f"Unsupported starting position for arn type: {of.arn}")
    if (at == "AT_TIMESTAMP") != (when is not None):
        # The wording is ours, here and for a time to come.
        raise invalid("StartingPositionTimestamp goes with StartingPosition AT_TIMESTAMP, and only with it.")
    if when is None:
        return {"StartingPosition": at}
    seconds = _seconds(when)
    if seconds > now:
        raise invalid("StartingPositionTimestamp cannot be in the future.")
    return {"StartingPosition": at, "StartingPositionTimestamp": seconds}


def _seconds(when: Any) -> float:
    """A timestamp in any form that the SDK takes, as epoch seconds."""
    if isinstance(when, str):
        when = datetime.datetime.fromisoformat(when)
    return when.timestamp() if isinstance(when, datetime.datetime) else float(when)


def check(of: Source, settings: Mapping[str, Any]) -> None:
    """What Lambda refuses about the settings taken together. Raises Refusal."""
    batch, window = settings["BatchSize"], settings["MaximumBatchingWindowInSeconds"]
    if of.fifo and (batch > FIFO_BATCH or window > 0):
        # The limits are the model's and the guide's; the first wording is ours.
        limit = f"Batch size must not be greater than {FIFO_BATCH} for FIFO queues"
        raise invalid("Batching window is not supported for FIFO queues" if window > 0 else limit)
    # The model says it of streams too, whose own defaults (100, no window) break it: held for queues, as recorded.
    if of.queue and batch > SMALL_BATCH and window == 0:
        raise invalid("Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10")
    age = settings.get("MaximumRecordAgeInSeconds", -1)
    if -1 < age < YOUNGEST:
        raise invalid(f"MaximumRecordAgeInSeconds must be -1 or at least {YOUNGEST}.")
    _check_filters(settings.get("FilterCriteria") or {})
    _check_destination(settings)


def _check_filters(criteria: Mapping[str, Any]) -> None:
    filters = criteria.get("Filters") or []
    if len(filters) > FILTERS:
        raise invalid(f"A mapping can have at most {FILTERS} filters.")
    for one in filters:
        try:
            pattern = json.loads(one.get("Pattern") or "")
        except ValueError:
            pattern = None
        if not isinstance(pattern, dict):
            raise invalid("Invalid filter pattern definition.")


def _check_destination(settings: Mapping[str, Any]) -> None:
    """Records that failed go to a standard queue, a standard topic or a bucket (model)."""
    arn = settings.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    if arn and (arn.split(":")[2] not in ("sqs", "sns", "s3") or arn.endswith(".fifo")):
        raise invalid("Unsupported DestinationConfig parameter for given event source mapping type.")


def invalid(text: str) -> Refusal:
    return Refusal("InvalidParameterValueException", text, fields={"Type": "User"})
