"""Kinesis data streams that a table's changes go to (fact sheet 1.1, 1.4, 1.6, section 3).

The wording, and that a table has one live destination at most, is ack-api-quirks' (DDB-TABLE-268, 299 to 304, 318).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from orchestrator.sandbox.rules.dynamodb import names, refusals
from orchestrator.sandbox.rules.dynamodb.records import Destination, Passage, Record, Records
from orchestrator.sandbox.rules.refusal import Refusal

PRECISION = "ApproximateCreationDateTimePrecision"
COARSE = "MILLISECOND"
DEAD = frozenset({"DISABLED", "ENABLE_FAILED"})
_MOVING = frozenset({"ENABLING", "DISABLING", "UPDATING"})

Reply = dict[str, Any]


class Destinations:
    """Enable-, Disable-, Update- and DescribeKinesisStreamingDestination. Every stream exists unless told otherwise."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._absent: set[str] = set()

    def stream_exists(self, arn: str, *, exists: bool) -> None:
        """Say whether there is a Kinesis stream of that ARN."""
        if exists:
            self._absent.discard(arn)
        else:
            self._absent.add(arn)

    def enable(self, parameters: Mapping[str, Any], now: float) -> Reply:
        """ENABLING, then ACTIVE; ENABLE_FAILED where there is no such stream, which the call itself does not look at."""
        record, stream = self._record(parameters, now), parameters["StreamArn"]
        _check_table(record)
        living = [d.passage.status(now) for d in record.destinations.values() if d.passage.status(now) not in DEAD]
        if living:
            raise _invalid_state(
                "EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED to perform ENABLE operation.",
                in_transition=living[0] in _MOVING,
            )
        configuration = parameters.get("EnableKinesisStreamingConfiguration") or {}
        failure = f"Kinesis stream {stream} is not found." if self._missing(stream) else None
        made = Destination(
            stream,
            Passage(
                "ENABLING",
                "ENABLE_FAILED" if failure else "ACTIVE",
                self._busy(
                    record, "enable Kinesis destination", self._records.ground.durations.destination_enable, now
                ),
            ),
            configuration.get(PRECISION),
            failure,
        )
        record.destinations[stream] = made
        return _reply(record, made) | {"EnableKinesisStreamingConfiguration": dict(configuration)}

    def disable(self, parameters: Mapping[str, Any], now: float) -> Reply:
        """DISABLING, then DISABLED; the entry stays."""
        record = self._record(parameters, now)
        _check_table(record)
        if parameters.get("EnableKinesisStreamingConfiguration"):
            raise refusals.invalid("EnableKinesisStreamingConfiguration cannot be specified for a DISABLE operation.")
        found = _active(
            record,
            parameters["StreamArn"],
            "KinesisStreamingDestination must be ACTIVE to perform DISABLE operation.",
            now,
        )
        seconds = self._records.ground.durations.destination_disable
        settles = self._busy(record, "disable Kinesis destination", seconds, now)
        changed = replace(found, passage=Passage("DISABLING", "DISABLED", settles))
        record.destinations[found.stream] = changed
        return _reply(record, changed)

    def update(self, parameters: Mapping[str, Any], now: float) -> Reply:
        """Another precision of the times in the records: UPDATING for minutes."""
        record, stream = self._record(parameters, now), parameters["StreamArn"]
        _check_table(record)
        message = "Kinesis streaming is not in ACTIVE state. Updates are only allowed in ACTIVE state."
        found = _active(record, stream, message, now)
        configuration = parameters.get("UpdateKinesisStreamingConfiguration") or {}
        wanted, current = configuration.get(PRECISION), found.precision or COARSE
        if wanted in (None, current):
            # Nothing stated is read as nothing to change: the stricter way.
            raise refusals.invalid(
                f"Invalid Request: Precision is already set to the desired value of {current} "
                f"for tableId: {record.table.id}, kdsArn: {stream}"
            )
        seconds = self._records.ground.durations.destination_update
        settles = self._busy(record, "update Kinesis destination", seconds, now)
        changed = replace(found, passage=Passage("UPDATING", "ACTIVE", settles), precision=wanted)
        record.destinations[stream] = changed
        return _reply(record, changed) | {"UpdateKinesisStreamingConfiguration": dict(configuration)}

    def describe(self, parameters: Mapping[str, Any], now: float) -> Reply:
        record = self._record(parameters, now)
        shown = [_entry(destination, now) for destination in record.destinations.values()]
        return {"TableName": record.table.name, "KinesisDataStreamDestinations": shown}

    def _missing(self, stream: str) -> bool:
        """Streams of other services, accounts and regions end in ENABLE_FAILED too (DDB-TABLE-318)."""
        return stream in self._absent or not stream.startswith(self._records.ground.arn("kinesis", "stream/"))

    def _busy(self, record: Record, what: str, seconds: float, now: float) -> float:
        """Note the work, and return when it is done. It bars no other change of the table."""
        resource = f"table/{record.table.name}"
        self._records.ground.timeline.busy("dynamodb", resource, what, now, now + seconds, exclusive=False)
        return now + seconds

    def _record(self, parameters: Mapping[str, Any], now: float) -> Record:
        return names.existing(self._records, parameters, now)


def _check_table(record: Record) -> None:
    """While the table is UPDATING AWS mostly accepts, and may refuse (fact sheet 1.4): the rules refuse."""
    if record.table.status != "ACTIVE":
        raise _invalid_state(f"TableStatus must be ACTIVE, but is {record.table.status}.", in_transition=True)


def _active(record: Record, stream: str, otherwise: str, now: float) -> Destination:
    """The table's destination of that ARN; a stream that never was one is refused in the same way (DDB-TABLE-302)."""
    found = record.destinations.get(stream)
    if found is None:
        raise _invalid_state(
            f"No streaming destination with streamArn: {stream} found for table with tableName: {record.table.name}"
        )
    status = found.passage.status(now)
    if status != "ACTIVE":
        raise _invalid_state(otherwise, in_transition=status in _MOVING)
    return found


def _reply(record: Record, destination: Destination) -> Reply:
    """Of a change; without any duration it tells the transition all the same."""
    return {
        "TableName": record.table.name,
        "StreamArn": destination.stream,
        "DestinationStatus": destination.passage.during,
    }


def _entry(destination: Destination, now: float) -> Reply:
    status = destination.passage.status(now)
    shown: Reply = {"StreamArn": destination.stream, "DestinationStatus": status}
    if destination.precision is not None:
        shown[PRECISION] = destination.precision
    if status == "ENABLE_FAILED" and destination.failure:
        shown["DestinationStatusDescription"] = destination.failure
    return shown


def _invalid_state(why: str, *, in_transition: bool = False) -> Refusal:
    """One beginning for all operations, as AWS has it."""
    message = f"Table is not in a valid state to enable Kinesis Streaming Destination: {why}"
    return refusals.invalid(message, in_transition=in_transition)
