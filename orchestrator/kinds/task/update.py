"""The requests of a backfill: a page of a segment, and the update of one item that it found.

Pages are read consistently: one that lags would show an item as it was, and hide what was put a moment before.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.kinds.task.expressions import Placeholders, every, update_expression
from orchestrator.kinds.task.sameness import alike
from orchestrator.model import FromRun, Text
from orchestrator.model.work import Backfill, Item, Taken, Template, taken


@dataclass(frozen=True, slots=True)
class Skipped:
    """Why an item is left as it is.

    `lacking`: it has not the `attribute` that is taken of it. `unfit`: that is neither a string nor a number, and can't be
    part of a longer string. `alike`: it is already what the update would make of it.
    """

    reason: Literal["lacking", "unfit", "alike"]
    attribute: str = ""


def scan(backfill: Backfill, keys: Sequence[str], segment: int, start: Item | None = None) -> dict[str, Any]:
    """The Scan request of one page of `segment` (counted from 0), from `start` (LastEvaluatedKey) on.

    `keys` are the table's key attributes. Items come as far as `update` needs them: a page may hold none, and still have more
    after it.
    """
    placeholders = Placeholders.beside(backfill.names, backfill.values)
    wanted = dict.fromkeys((*keys, *_read(backfill), *backfill.set, *backfill.remove))
    request = {
        "TableName": backfill.table,
        "Segment": segment,
        "TotalSegments": backfill.segments,
        "ConsistentRead": True,
        "ProjectionExpression": ", ".join(placeholders.name(name) for name in wanted),
        "ReturnConsumedCapacity": "TOTAL",
    }
    if backfill.where is not None:
        request["FilterExpression"] = backfill.where
    if start is not None:
        request["ExclusiveStartKey"] = dict(start)
    return request | placeholders.members


def segments(backfill: Backfill) -> range:
    """The segments that this job scans: every `of`-th, so that several jobs share all of them without an overlap."""
    return range(backfill.share.number - 1, backfill.segments, backfill.share.of)


def again(backfill: Backfill, keys: Sequence[str], item: Item) -> dict[str, Any]:
    """The GetItem request that reads an item anew whose update was refused."""
    return {"TableName": backfill.table, "Key": {name: item[name] for name in keys}, "ConsistentRead": True}


def update(backfill: Backfill, keys: Sequence[str], item: Item) -> dict[str, Any] | Skipped:
    """The UpdateItem request for an item as it was read, or why there is none.

    It is refused (ConditionalCheckFailedException) where the item is gone by then, where `where` does not hold any more, and
    where an attribute that was taken of it has another value.
    """
    made: dict[str, Mapping[str, Any]] = {}
    for name, template in backfill.set.items():
        found = made_of(template, item)
        if isinstance(found, Skipped):
            return found
        made[name] = found
    if not any(name in item for name in backfill.remove) and all(
        name in item and alike(item[name], value) for name, value in made.items()
    ):
        return Skipped("alike")
    return _changed(backfill, keys, item, made)


def pattern(backfill: Backfill, keys: Sequence[str]) -> dict[str, Any]:
    """The UpdateItem request for any item, with what is the item's own as known once it is read."""
    item = {name: _of_item(name) for name in (*keys, *_read(backfill))}
    made = {name: _unread(template) for name, template in backfill.set.items()}
    return _changed(backfill, keys, item, made)


def _changed(
    backfill: Backfill, keys: Sequence[str], item: Mapping[str, Any], made: Mapping[str, Any]
) -> dict[str, Any]:
    """The request that sets what is `made` of an item as it was read."""
    placeholders = Placeholders.beside(backfill.names, backfill.values if backfill.where is not None else {})
    change = update_expression(placeholders, made, {}, backfill.remove)
    return {
        "TableName": backfill.table,
        "Key": {name: item[name] for name in keys},
        "UpdateExpression": change,
        "ConditionExpression": every(_conditions(backfill, keys, item, placeholders)),
        "ReturnConsumedCapacity": "TOTAL",
        **placeholders.members,
    }


def made_of(template: Template, item: Item) -> Mapping[str, Any] | Skipped:
    """The attribute value that a template comes to for an item."""
    if not isinstance(template, tuple):
        return template
    for name in taken(template):
        if name not in item:
            return Skipped("lacking", name)
    if len(template) == 1 and isinstance(template[0], Taken):
        whole: Mapping[str, Any] = item[template[0].attribute]
        return whole
    for name in taken(template):
        if not item[name].keys() & {"S", "N"}:
            return Skipped("unfit", name)
    return {"S": "".join(piece if isinstance(piece, str) else _text(item[piece.attribute]) for piece in template)}


def _text(value: Mapping[str, Any]) -> str:
    found: str | Text = next(iter(value.values()))
    return found.reveal() if isinstance(found, Text) else found


def _unread(template: Template) -> Any:
    """What a template will come to for an item."""
    if not isinstance(template, tuple):
        return template
    if len(template) == 1 and isinstance(template[0], Taken):
        return _of_item(template[0].attribute)
    parts = (piece if isinstance(piece, str) else _later(piece.attribute) for piece in template)
    return {"S": Text(tuple(parts))}


def _of_item(attribute: str) -> Text:
    """In place of a value with its type."""
    return Text((_later(attribute),))


def _later(attribute: str) -> FromRun:
    return FromRun(f"item.{attribute}", f"reading the item's {attribute}")


def _conditions(
    backfill: Backfill, keys: Sequence[str], item: Mapping[str, Any], placeholders: Placeholders
) -> Iterator[str]:
    yield f"attribute_exists({placeholders.name(keys[0])})"
    if backfill.where is not None:
        yield backfill.where
    for name in _read(backfill):
        if name not in keys:  # which no update changes
            yield f"{placeholders.name(name)} = {placeholders.value(item[name])}"


def _read(backfill: Backfill) -> list[str]:
    """The attributes that are taken of an item, each once."""
    return list(dict.fromkeys(name for template in backfill.set.values() for name in taken(template)))
