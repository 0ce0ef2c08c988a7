"""The Kinesis data stream that a table's changes go to: one value, so whatever else they go to is stopped.

A stream is started only once no other one is on its way (fact sheet 1.1, 1.4, section 3). In the plan's words: the stream's
ARN or `off`; one on its way is told with its status, `ARN (enabling)`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.kinds.comparison import plain
from orchestrator.kinds.contract import About, Move, Setting
from orchestrator.kinds.fields import OFF
from orchestrator.kinds.table import aspects, lanes
from orchestrator.kinds.table.lanes import Place
from orchestrator.kinds.table.live import Destination, TableLive
from orchestrator.kinds.table.spec import TableSpec
from orchestrator.kinds.table.subjects import Table
from orchestrator.model import Broken, Change, Finding, Pending, Scope, Settled, Text, Verdict, hide

FIELD = "kinesis_stream"
STOPPED, LEFT = "stopped", "left"
"""What a stop leads to: the key of the stream that no changes go to any more, and that of what is left, in the plan's words."""

START, STOP = "EnableKinesisStreamingDestination", "DisableKinesisStreamingDestination"

Destinations = Mapping[str, Destination]

_ON = ("ACTIVE", "UPDATING")
_DEAD = ("DISABLED", "ENABLE_FAILED")
_STILL = ("ACTIVE", *_DEAD)


def _living(seen: Destinations) -> Mapping[str, str]:
    """The status of each that is not over and done with."""
    return {arn: there.status for arn, there in seen.items() if there.status not in _DEAD}


def _same(seen: Destinations, wanted: Any) -> bool:
    living, stream = _living(seen), plain(wanted)
    if isinstance(stream, Mapping):
        return stream[STOPPED] not in living
    if stream == OFF:
        return not living
    return [*living] == [stream] and living[stream] in _ON


def _part(seen: Destinations, wanted: Any) -> tuple[Any, Any]:
    """Beside a hidden ARN what is live is hidden too: it may be the same secret."""
    return _words(_living(seen), wanted), wanted


def _words(living: Mapping[str, str], wanted: Any) -> Any:
    words = [arn if status in _ON else f"{arn} ({status.lower()})" for arn, status in living.items()]
    if isinstance(wanted, Text) and wanted.hidden:
        return hide(", ".join(words) or OFF)
    return (words[0] if len(words) == 1 else words) if words else OFF


def _shown(value: Any) -> Any:
    return value[LEFT] if isinstance(value, Mapping) and STOPPED in value else value


@dataclass(frozen=True, slots=True)
class _Way:
    """From what is live to one stream, or to none (`after`)."""

    before: Any
    after: Any
    table: str
    living: Mapping[str, str]

    def moves(self) -> Sequence[Move]:
        """Others are stopped, then the stated one is started; what arrives by itself is waited for."""
        stream = plain(self.after)
        others = [arn for arn, status in self.living.items() if arn != stream and status != "DISABLING"]
        starts = stream != OFF and self.living.get(stream) not in (*_ON, "ENABLING")
        goals = [self._without(others[:number]) for number in range(1, len(others) + 1)]
        if others and not starts:
            goals[-1] = self.after  # with the last of them gone all is as wanted
        befores = [self.before, *goals]
        moves = [self._stop(*stop) for stop in zip(others, befores, goals, strict=False)]
        if starts:
            summary = f"send changes to {self._title(self.after)}"
            moves.append(self._move(summary, START, self.after, befores[-1], self.after))
        return moves or [self._wait()]

    def _without(self, stopped: Sequence[str]) -> Any:
        """Where the stop of the last of `stopped` leads to."""
        left = {arn: status for arn, status in self.living.items() if arn not in stopped}
        return {STOPPED: stopped[-1], LEFT: _words(left, self.after)}

    def _stop(self, arn: str, before: Any, goal: Any) -> Move:
        summary = f"stop sending changes to {self._title(arn)}"
        hidden = isinstance(self.after, Text) and self.after.hidden
        return self._move(summary, STOP, hide(arn) if hidden else arn, before, goal)

    def _move(self, summary: str, operation: str, stream: str | Text, before: Any, goal: Any) -> Move:
        call = lanes.call(self.table, operation, StreamArn=stream)
        return Move(summary, call, before, goal, deadline=lanes.KINESIS)

    def _wait(self) -> Move:
        off = plain(self.after) == OFF
        what = "changes go to no Kinesis stream" if off else f"changes go to {self._title(self.after)}"
        return Move(f"wait until {what}", None, self.before, self.after, deadline=lanes.KINESIS)

    def _title(self, stream: str | Text) -> str:
        """Its name, where nothing is hidden."""
        if isinstance(stream, Text) or isinstance(self.after, Text):
            return "the stated Kinesis stream" if stream == self.after else "the present Kinesis stream"
        return f"Kinesis stream {stream.rpartition('/')[2]}"


def _moves(before: Any, after: Any, subject: Table) -> Sequence[Move]:
    seen = subject.live.kinesis if subject.live else {}
    return _Way(before, after, subject.name, _living(seen) if isinstance(seen, Mapping) else {}).moves()


def _kept(_: TableSpec, table: TableLive) -> Any:
    """The one that changes go to now."""
    living = _living(table.kinesis) if isinstance(table.kinesis, Mapping) else {}
    return next((arn for arn, status in living.items() if status in _ON), None)


def _motion(change: Change, table: TableLive) -> Verdict:
    if not isinstance(table.kinesis, Mapping):
        return Settled()
    stream = plain(change.after)
    stated = table.kinesis.get(stream) if isinstance(stream, str) else None
    if stated is not None and stated.status == "ENABLE_FAILED":
        reason = stated.description or "AWS does not say why"
        return Broken(f"the Kinesis destination is ENABLE_FAILED: {reason}", stated.status, recoverable=True)
    moving = sorted({there.status for there in table.kinesis.values() if there.status not in _STILL})
    return Pending(f"Kinesis destination {', '.join(moving)}") if moving else Settled()


def _hazards(change: Change, subject: Table) -> Sequence[Finding]:
    moves = _moves(change.before, change.after, subject)
    if not any(move.call and move.call.operation == STOP for move in moves):
        return []
    if plain(change.after) == OFF:
        message = "The table's changes go to no Kinesis stream any more."
    else:
        message = (
            "The table's changes go no longer where they go now: all Kinesis streams but the stated one are stopped. What is "
            "written before that one is ACTIVE reaches none."
        )
    return [Finding("warning", "kinesis-stopped", message, "See that nobody reads them there any more.")]


ROW: Setting[TableSpec, TableLive] = Setting(
    FIELD,
    Place.KINESIS,
    wanted=lambda spec: spec.kinesis_stream,
    live=lambda table: table.kinesis,
    moves=_moves,
    fresh={},
    kept=_kept,
    equal=_same,
    part=_part,
    scope=Scope.SELF,
    reads=lambda spec, _: frozenset({aspects.KINESIS}),
    hazards=_hazards,
    motion=_motion,
    shown=_shown,
    about=About(
        (f"dynamodb:{START}", f"dynamodb:{STOP}"),
        "The destination is ACTIVE and no other one is, or all are DISABLED. ENABLE_FAILED is told in AWS's words.",
        "Any change while the table is not ACTIVE, by AWS: it is waited for.",
    ),
)
