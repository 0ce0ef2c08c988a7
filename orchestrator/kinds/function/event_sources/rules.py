"""What is wrong with an event source in itself: which setting goes with which sort of source, and Lambda's limits."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from orchestrator.kinds.arns import service_of
from orchestrator.kinds.complaint import Complaint
from orchestrator.kinds.fields import OFF, late, stated
from orchestrator.kinds.function.event_sources.sources import FIFO_BATCH, OF_STREAMS, SORTS, Sort, sort, table
from orchestrator.kinds.function.spec import EVENT_SOURCES, EventSourceSpec, FunctionSpec
from orchestrator.kinds.json_text import json_text
from orchestrator.kinds.parts import present
from orchestrator.model import known_text

LONGEST_WINDOW, YOUNGEST, OLDEST = 300, 60, 604_800
"""Seconds: of a batching window, and between which a record's greatest age lies (botocore's service model)."""
MOST_FILTERS = 10
"""With a raised quota; 5 without (Lambda developer guide)."""
LONGEST_FILTER = 4096
"""Characters of a pattern (botocore's service model)."""
DESTINATIONS = ("sqs", "sns", "s3")
START = "starting_position"

Rule = Callable[[EventSourceSpec, Sort], Iterator[Complaint]]


def complaints(function: FunctionSpec) -> Iterator[Complaint]:
    specs = present(function.event_sources)
    for name, spec in specs.items():
        for complaint in _of(spec):
            yield complaint.under(EVENT_SOURCES, name)
    yield from _twice(specs.items())


def _of(spec: EventSourceSpec) -> Iterator[Complaint]:
    yield from _limits(spec)
    found = sort(spec.source)
    if found is None:
        yield from () if late(spec.source) else [_unknown_sort()]
        return
    for rule in RULES:
        yield from rule(spec, found)


def _unknown_sort() -> Complaint:
    *words, last = (one.words for one in SORTS.values())
    message = f"<path>: an event source is {', '.join(words)} or {last}."
    return Complaint(("source",), "event-source-sort", message, "Name one of these by its ARN.")


def _limits(spec: EventSourceSpec) -> Iterator[Complaint]:
    if (spec.batching_window or 0) > LONGEST_WINDOW:
        yield _limit("batching_window", f"<path>: a batching window has {LONGEST_WINDOW} seconds at most.")
    age = spec.max_record_age
    if isinstance(age, int) and not YOUNGEST <= age <= OLDEST:
        yield _limit("max_record_age", "<path>: a record's greatest age is between 60s and 7d, or off.")
    if len(spec.filter or ()) > MOST_FILTERS:
        yield _limit("filter", f"<path>: a mapping has {MOST_FILTERS} filters at most.")
    for number, pattern in enumerate(spec.filter or ()):
        if len(known_text(json_text(pattern))) > LONGEST_FILTER:
            message = f"<path>: a filter has {LONGEST_FILTER:,} characters of JSON at most."
            yield Complaint(("filter", number), "event-source-limit", message, "Make several of it.")
    start = spec.starting_position
    if start is not None and start.position == "AT_TIMESTAMP" and start.at is None:
        action = "Write latest, trim_horizon or {at: TIME}."
        yield replace(_limit(START, "<path>: `at` is missing.", action), lacks=(START, "at"))
    if start is not None and start.at is not None and not _is_a_time(start.at):
        yield _limit(START, "<path>: there is no such day or time of day.")


def _is_a_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _limit(field: str, message: str, action: str = "Change it.") -> Complaint:
    return Complaint((field,), "event-source-limit", message, action)


def _a_stream(spec: EventSourceSpec, of: Sort) -> Iterator[Complaint]:
    """A table's ARN is not its stream's."""
    arn = known_text(spec.source)
    if of.service == "dynamodb" and not late(spec.source) and not table(arn):
        message = "<path>: this is not the ARN of a stream, which ends with …:table/NAME/stream/LABEL."
        yield Complaint(("source",), "event-source-sort", message, "Name the table's `stream_arn`.")


def _fits(spec: EventSourceSpec, of: Sort) -> Iterator[Complaint]:
    for name in OF_STREAMS if of.queue else ():
        if stated(spec, name):
            message = f"<path>: only streams have it, and the source is {of.words}."
            yield Complaint((name,), "event-source-setting", message, f"Leave `{name}` out.")


def _starts(spec: EventSourceSpec, of: Sort) -> Iterator[Complaint]:
    """DynamoDB streams can't be read from a time (botocore, StartingPosition)."""
    start = spec.starting_position
    if of.service == "dynamodb" and start is not None and start.at is not None:
        message = f"<path>: {of.words} can't be read from a time on."
        yield Complaint((START,), "event-source-setting", message, "Write latest or trim_horizon.")


def _fifo(spec: EventSourceSpec, of: Sort) -> Iterator[Complaint]:
    if of.fifo and (spec.batch_size or 0) > FIFO_BATCH:
        yield _limit("batch_size", f"<path>: a batch of a FIFO queue has {FIFO_BATCH} messages at most.")
    if of.fifo and spec.batching_window:
        yield _limit("batching_window", "<path>: a FIFO queue has no batching window.", "Leave it out.")


def _destination(spec: EventSourceSpec, of: Sort) -> Iterator[Complaint]:
    """Failed records go to a standard queue, a standard topic or a bucket."""
    if spec.on_failure is None or spec.on_failure == OFF or late(spec.on_failure) or of.queue:
        return
    arn = known_text(spec.on_failure)
    if service_of(arn) not in DESTINATIONS or arn.endswith(".fifo"):
        message = "<path>: failed records go to a standard SQS queue, a standard SNS topic or an S3 bucket."
        yield Complaint(("on_failure",), "event-source-setting", message, "Name one of these.")


RULES: tuple[Rule, ...] = (_a_stream, _fits, _starts, _fifo, _destination)


def _twice(specs: Any) -> Iterator[Complaint]:
    """Lambda takes one mapping of a source and a function or alias (fact sheet 11.4)."""
    seen: dict[tuple[Any, str], str] = {}
    for name, spec in specs:
        key = (spec.source, spec.alias or "")
        if key in seen:
            message = f"<path>: `{seen[key]}` has the same source and alias."
            yield Complaint((EVENT_SOURCES, name, "source"), "event-source-twice", message, "Keep one of them.")
        seen.setdefault(key, name)
