"""Event source mappings as an observation saw them, in the plan language's forms."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from orchestrator.kinds.arns import qualifier_of
from orchestrator.kinds.fields import OFF
from orchestrator.model import UNREAD, Broken, Pending, Settled, Unread, Verdict

DISABLED = "Disabled"
STEADY = {"Enabled": True, DISABLED: False}
"""The states in which nothing moves, and whether records are read then. All others are waited for, unknown ones too."""
HEADED = STEADY | {"Enabling": True, "Disabling": False}
DELETING = "Deleting"
EVERYDAY_REASONS = ("", "USER_INITIATED", "User action")
"""Reasons of a state that tell nothing."""
UNMANAGED_MEMBERS = (
    "TumblingWindowInSeconds",
    "ScalingConfig",
    "KMSKeyArn",
    "MetricsConfig",
    "ProvisionedPollerConfig",
)
"""What the plan language has no word for; kept where a mapping has to be made anew."""


@dataclass(frozen=True, slots=True)
class Start:
    """Where reading begins: the API's position, for AT_TIMESTAMP with the time (whole seconds since the epoch)."""

    position: str
    at: int | None = None

    @property
    def form(self) -> str | Mapping[str, str]:
        """As a plan states it."""
        if self.at is None:
            return self.position.lower()
        return {"at": f"{datetime.fromtimestamp(self.at, UTC):%Y-%m-%dT%H:%M:%SZ}"}

    @property
    def words(self) -> str:
        """The same as it is written in a plan."""
        return self.form if isinstance(self.form, str) else f'{{at: "{self.form["at"]}"}}'


BEGINNING = Start("TRIM_HORIZON")
"""Nothing that is written to a new stream is skipped from there."""


@dataclass(frozen=True, slots=True)
class MappingLive:
    """One mapping. `alias` is empty where it invokes the function as such, a version's number where it invokes that.

    Durations are in seconds; `max_record_age` and `on_failure` are `off` where there is none. `filter` is None where
    Lambda may not show it to this caller. `result` is what came of the last records (LastProcessingResult).
    """

    uuid: str
    source: str
    function: str
    state: str
    reason: str = ""
    result: str = ""
    start: Start | None = None
    batch_size: int | None = None
    batching_window: int = 0
    parallelization: int = 1
    retries: int = -1
    max_record_age: int | str = OFF
    bisect_on_error: bool = False
    on_failure: str = OFF
    filter: tuple[Any, ...] | None = ()
    report_batch_item_failures: bool = False
    others: Mapping[str, Any] = field(default_factory=dict)

    @property
    def alias(self) -> str:
        """The qualifier of the function's ARN."""
        return qualifier_of(self.function)

    @property
    def target(self) -> str:
        """What of the function it invokes: `alias live`, `version 1`; empty for the function as such."""
        return f"{'version' if self.alias.isdecimal() else 'alias'} {self.alias}" if self.alias else ""

    @property
    def enabled(self) -> bool | None:
        """None while its state does not tell."""
        return HEADED.get(self.state)

    @property
    def moving(self) -> bool:
        return self.state not in STEADY

    @property
    def problem(self) -> str:
        """Why it processes nothing, in AWS's words; empty where it does."""
        return self.result if self.result.startswith("PROBLEM") else ""

    @property
    def words(self) -> str:
        """`event source mapping UUID Creating: reason`."""
        reason = "" if self.reason in EVERYDAY_REASONS else f": {self.reason}"
        return f"event source mapping {self.uuid} {self.state}{reason}"

    @property
    def verdict(self) -> Verdict:
        """A problem is told, never waited for: LastProcessingResult is that of the last records, however long ago."""
        if self.moving:
            return Pending(self.words)
        return Broken(self.problem, "EventSourceProblem", recoverable=True) if self.problem else Settled()


def parsed(reply: Mapping[str, Any]) -> MappingLive:
    """A MappingLive from an EventSourceMappingConfiguration."""
    age = reply.get("MaximumRecordAgeInSeconds", -1)
    destination = ((reply.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
    return MappingLive(
        uuid=reply["UUID"],
        source=reply.get("EventSourceArn", ""),
        function=reply.get("FunctionArn", ""),
        state=reply.get("State", ""),
        reason=reply.get("StateTransitionReason") or "",
        result=reply.get("LastProcessingResult") or "",
        start=_start(reply),
        batch_size=reply.get("BatchSize"),
        batching_window=reply.get("MaximumBatchingWindowInSeconds") or 0,
        parallelization=reply.get("ParallelizationFactor") or 1,
        retries=_or(reply.get("MaximumRetryAttempts"), -1),
        max_record_age=OFF if age in (-1, None) else age,
        bisect_on_error=bool(reply.get("BisectBatchOnFunctionError")),
        on_failure=destination or OFF,
        filter=_filter(reply),
        report_batch_item_failures="ReportBatchItemFailures" in (reply.get("FunctionResponseTypes") or ()),
        others={name: reply[name] for name in UNMANAGED_MEMBERS if reply.get(name)},
    )


def _or(value: int | None, default: int) -> int:
    return default if value is None else value


def _start(reply: Mapping[str, Any]) -> Start | None:
    """A fraction of a second is left out: the SDK sends none (botocore, unixtimestamp), and a plan states none."""
    position, at = reply.get("StartingPosition"), reply.get("StartingPositionTimestamp")
    if not position:
        return None
    seconds = at.timestamp() if isinstance(at, datetime) else at
    return Start(position, None if seconds is None else int(seconds))


def _filter(reply: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """The patterns as JSON means them; None where they are encrypted with a key that this caller may not use."""
    if reply.get("FilterCriteriaError"):
        return None
    filters = (reply.get("FilterCriteria") or {}).get("Filters") or ()
    return tuple(json.loads(one.get("Pattern") or "{}", parse_float=Decimal) for one in filters)


@dataclass(frozen=True, slots=True)
class EventSources:
    """What was read of the mappings of a function: lists by alias, and single ones by UUID (None: there is none)."""

    listed: Mapping[str, tuple[MappingLive, ...]] = field(default_factory=dict)
    asked: Mapping[str, MappingLive | None] = field(default_factory=dict)

    @property
    def all(self) -> tuple[MappingLive, ...]:
        """Each mapping that was seen once, in a stable order. That lists name one twice is not ruled out."""
        single = (one for one in self.asked.values() if one is not None)
        found = {one.uuid: one for some in (*self.listed.values(), single) for one in some}
        return tuple(sorted(found.values(), key=lambda one: (one.source, one.alias, one.uuid)))

    @property
    def verdict(self) -> Verdict:
        """Whether any of them moves. A problem of one is told, and never waited for."""
        return next((one.verdict for one in self.all if one.moving), Settled())

    def find(self, uuid: str) -> MappingLive | Unread | None:
        """The mapping; None where there is none, UNREAD where no read could tell."""
        if uuid in self.asked:
            return self.asked[uuid]
        return next((one for one in self.all if one.uuid == uuid), UNREAD)

    def of(self, source: str, alias: str) -> MappingLive | None:
        """The one of this source and alias that is there to stay."""
        there = (one for one in self.all if one.state != DELETING)
        return next((one for one in there if (one.source, one.alias) == (source, alias)), None)


def of_name(name: str, mappings: Iterable[MappingLive]) -> tuple[MappingLive, ...]:
    """Those that invoke a function of this name, whether or not there is one."""
    return tuple(one for one in mappings if one.function.split(":")[6:7] == [name])


def of_function(arn: str, mappings: Sequence[MappingLive]) -> tuple[MappingLive, ...]:
    """Those that invoke the function, whatever version or alias of it."""
    return tuple(one for one in mappings if one.function == arn or one.function.startswith(f"{arn}:"))
