"""From what a plan says of a task to the Work that the engine does."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from orchestrator.kinds.json_text import json_text
from orchestrator.kinds.task import conditions, conversion, limits, templates
from orchestrator.kinds.task.complaints import Gathered, NotConverted
from orchestrator.kinds.task.known import Known, KnownTable
from orchestrator.kinds.task.rules import shard
from orchestrator.kinds.task.spec import BackfillSpec, InvokeSpec, SeedSpec, TaskSpec
from orchestrator.kinds.task.transactions import actions
from orchestrator.model import Call, Path, known_text
from orchestrator.model.work import (
    Backfill,
    Expectation,
    Invocation,
    Item,
    Items,
    Listed,
    Seed,
    Share,
    Taken,
    Template,
    Transaction,
    Work,
)

SEGMENTS = 8
"""Of a backfill that states none; one for each share where those are more."""

MOST_PAYLOAD_BYTES = {"request_response": 6 * 1024 * 1024, "event": 1024 * 1024}
"""Of an invocation (Lambda API reference, Invoke: 6 MB, and 1 MB for events since October 2025)."""
_INVOCATIONS = {"request_response": "RequestResponse", "event": "Event"}


def work(spec: TaskSpec, known: Known, items: Items | None = None) -> Work:
    """What the task does. `items` are those of the file that a seed names, if it does.

    The spec holds the rules of `rules.complaints`, and `known` has the tables and functions that it names. Raises
    NotConverted with all that is wrong with its values, with paths below the task.
    """
    gathered = Gathered()
    made = _made(spec, known, items, gathered)
    gathered.end()
    return made


def _made(spec: TaskSpec, known: Known, items: Items | None, gathered: Gathered) -> Work:
    if spec.seed is not None:
        return _seed(spec.seed, known.tables[spec.seed.table], items, gathered)
    if spec.transact is not None:
        return Transaction(tuple(actions(spec.transact, known, gathered, ("transact",))), spec.marker)
    if spec.invoke is not None:
        return _invocation(spec.invoke, known.functions[spec.invoke.function], gathered)
    assert spec.backfill is not None
    return _Backfilling(spec.backfill, known.tables[spec.backfill.table], gathered).made()


# -------------------------------------------------------------------------------------------------------------- seeds


def _seed(spec: SeedSpec, table: KnownTable, items: Items | None, gathered: Gathered) -> Seed:
    if spec.items is not None:
        items = Listed(tuple(_listed(spec, table, gathered)))
    assert items is not None
    return Seed(table.name, items, spec.if_exists)


def _listed(spec: SeedSpec, table: KnownTable, gathered: Gathered) -> Iterator[Item]:
    first: dict[Any, int] = {}
    for number, values in enumerate(spec.items or ()):
        path: Path = ("seed", "items", number)
        found: Item = _caught(partial(conversion.item, values, table.keys, table.indexed), path, gathered)
        key = conversion.identity(found, table.keys) if table.keys and found else None
        if key is not None and first.setdefault(key, number) != number:
            message = f" has the same key as item {first[key] + 1}."
            gathered.say(path, "same-key", message, "Leave one of them out.")
        yield found


def _caught(convert: Callable[[], Item], path: Path, gathered: Gathered) -> Item:
    try:
        return convert()
    except NotConverted as error:
        gathered.found += [complaint.under(*path) for complaint in error.complaints]
        return {}


# -------------------------------------------------------------------------------------------------------- invocations


def _invocation(spec: InvokeSpec, function: str, gathered: Gathered) -> Invocation:
    parameters: dict[str, Any] = {"FunctionName": function}
    if spec.alias is not None:
        parameters["Qualifier"] = spec.alias
    parameters["InvocationType"] = _INVOCATIONS[spec.invocation]
    if "payload" in spec.model_fields_set:
        parameters["Payload"] = payload = json_text(spec.payload)
        size, most = len(known_text(payload).encode()), MOST_PAYLOAD_BYTES[spec.invocation]
        if size > most:
            message = f" has {size:,} bytes as JSON; Lambda takes {most:,} of an invocation of this sort."
            gathered.say(
                ("invoke", "payload"), "payload-too-large", message, "Let the function read it, from S3 for one."
            )
    expect = spec.expect
    return Invocation(
        Call("lambda", "Invoke", parameters),
        Expectation() if expect is None else Expectation(expect.status, expect.payload),
    )


# ---------------------------------------------------------------------------------------------------------- backfills


class _Backfilling:
    def __init__(self, spec: BackfillSpec, table: KnownTable, gathered: Gathered) -> None:
        self._spec = spec
        self._table = table
        self._gathered = gathered

    def made(self) -> Backfill:
        spec = self._spec
        for name in (*spec.set, *spec.remove):
            if name in (self._table.keys or {}):
                message = f": `{name}` is part of the table's key, which no update changes."
                path: Path = ("backfill", "set" if name in spec.set else "remove")
                self._gathered.say(path, "key-changed", message, "Put items with other keys instead.")
        number, of = shard(spec)
        backfill = Backfill(
            table=self._table.name,
            set={name: self._template(name, value) for name, value in spec.set.items()},
            remove=spec.remove,
            where=spec.where,
            names=spec.names,
            values=_caught(lambda: conversion.attributes(spec.values), ("backfill", "values"), self._gathered),
            segments=spec.segments or max(SEGMENTS, of),
            share=Share(number, of),
            write_units=spec.max_write_units,
        )
        if not self._gathered.found:
            if spec.where is not None:
                wrong = conditions.unfit(spec.where, spec.names, backfill.values, ("backfill", "where"))
                self._gathered.add(wrong)
            limits.check(backfill, self._table.keys, self._gathered)
        return backfill

    def _template(self, name: str, value: Any) -> Template:
        path: Path = ("backfill", "set", name)
        indexed = self._table.indexed.get(name)
        if isinstance(value, str):
            try:
                found = templates.pieces(value)
            except templates.BadTemplate:
                found = ()  # which `literal` says
            if any(isinstance(piece, Taken) for piece in found):
                if len(found) > 1 and indexed not in (None, "S"):
                    message = f": an index of the table has {indexed} here, and this is a string."
                    self._gathered.say(path, "key-type", message, "Take the attribute by itself: it keeps its type.")
                return found
        plain = templates.literal(value, path, self._gathered)
        return _caught(lambda: conversion.attribute(plain, indexed), path, self._gathered)
