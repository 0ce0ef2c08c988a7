"""StreamSpecification, and the streams by their own API, DynamoDB Streams (fact sheet 1.1, section 3 and 5)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from orchestrator.sandbox.rules import constraints
from orchestrator.sandbox.rules.dynamodb import refusals
from orchestrator.sandbox.rules.dynamodb.records import Records
from orchestrator.sandbox.rules.dynamodb.state import Stream, Table
from orchestrator.sandbox.rules.refusal import Refusal

SERVICE = "dynamodbstreams"
KEPT = 86400.0
"""Seconds for which a stream can be read after it was switched off, or its table deleted."""
PAGE = 100

Reply = dict[str, Any]


def wanted_view(given: Mapping[str, Any] | None, doing: str = "If stream is being") -> str | None:
    """The view type that a specification asks for, None for no stream. `doing` begins the complaint's sentence."""
    if not given:
        return None
    view: str | None = given.get("StreamViewType")
    if given["StreamEnabled"] and view is None:
        raise refusals.invalid_values(f"{doing} enabled, UpdateViewType is required")
    if not given["StreamEnabled"] and view is not None:
        raise refusals.invalid_values(f"{doing} disabled, UpdateViewType must not be specified")
    return view


def label_at(now: float) -> str:
    """The label of a stream enabled at `now`: `2026-11-23T09:13:00.123`."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]


def begun(table: Table, view: str, now: float, settles: float) -> Table:
    """The table with a new stream, which is named at once."""
    made = Stream(label_at(now), view, now, settles)
    return replace(table, stream=view, stream_label=made.label, streams=(*table.streams, made))


def ended(table: Table, now: float) -> Table:
    """The table with its stream switched off; the name of it remains."""
    *before, last = table.streams
    return replace(table, stream=None, streams=(*before, replace(last, ended=now)))


class StreamRules:
    """ListStreams and DescribeStream. Records are no part of it: a description has no shards; a front may add them."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def handles(self, operation: str) -> bool:
        return operation in ("ListStreams", "DescribeStream")

    def resource(self, operation: str, parameters: Mapping[str, Any]) -> str:
        """`table/NAME` of the table that is named, or that the stream is of."""
        arn = str(parameters.get("StreamArn") or "")
        name = parameters.get("TableName") or arn.partition(":table/")[2].partition("/")[0]
        return f"table/{name}" if name else ""

    def handle(self, operation: str, parameters: Mapping[str, Any], now: float) -> Reply:
        """See `service.Rules`."""
        if wrong := constraints.complaint(SERVICE, operation, parameters):
            raise refusals.invalid(wrong)
        return self._list(parameters, now) if operation == "ListStreams" else self._describe(parameters, now)

    def _list(self, parameters: Mapping[str, Any], now: float) -> Reply:
        """By table and age."""
        found = [
            {"StreamArn": _arn(table, stream), "TableName": table.name, "StreamLabel": stream.label}
            for table, stream in self._all(now)
            if parameters.get("TableName") in (None, table.name, table.arn)
        ]
        arns, start = [shown["StreamArn"] for shown in found], parameters.get("ExclusiveStartStreamArn")
        rest = found[arns.index(start) + 1 :] if start in arns else found
        size = parameters.get("Limit") or PAGE
        reply: Reply = {"Streams": rest[:size]}
        return reply | ({"LastEvaluatedStreamArn": rest[size - 1]["StreamArn"]} if len(rest) > size else {})

    def _describe(self, parameters: Mapping[str, Any], now: float) -> Reply:
        arn = parameters["StreamArn"]
        for table, stream in self._all(now):
            if _arn(table, stream) == arn:
                return {"StreamDescription": self._description(table, stream, now)}
        raise Refusal("ResourceNotFoundException", f"Requested resource not found: Stream: {arn} not found")

    def _description(self, table: Table, stream: Stream, now: float) -> Reply:
        return {
            "StreamArn": _arn(table, stream),
            "StreamLabel": stream.label,
            "StreamStatus": self._status(stream, now),
            "StreamViewType": stream.view,
            "CreationRequestDateTime": stream.made,
            "TableName": table.name,
            "KeySchema": [{"AttributeName": attribute, "KeyType": role} for attribute, role in table.keys],
            "Shards": [],
        }

    def _status(self, stream: Stream, now: float) -> str:
        if stream.ended is None:
            return "ENABLING" if now < stream.settles else "ENABLED"
        return "DISABLING" if now < stream.ended + self._records.ground.durations.stream else "DISABLED"

    def _all(self, now: float) -> list[tuple[Table, Stream]]:
        """Those of tables that are there, and of tables that were, as long as they are kept."""
        living = [(record.table, stream) for record in self._records.all(now) for stream in record.table.streams]
        left = [
            (table, replace(stream, ended=gone if stream.ended is None else stream.ended))
            for table, gone in self._records.deleted
            for stream in table.streams
        ]
        kept = [(t, s) for t, s in (*living, *left) if s.ended is None or now < s.ended + KEPT]
        return sorted(kept, key=lambda item: (item[0].name, item[1].made))


def _arn(table: Table, stream: Stream) -> str:
    return f"{table.arn}/stream/{stream.label}"
