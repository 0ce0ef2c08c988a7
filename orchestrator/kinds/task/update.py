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
    part of a longer string. `alike`: it is already what the update would make of it, or has been moved as the update moves.
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
    where an attribute that was taken of it, or that the update sets or removes, is not as it was read.
    """
    made = _made(backfill, item)
    if isinstance(made, Skipped):
        return Skipped("alike") if _moved(backfill, item, made) else made
    if not _changed(backfill, item, made):
        return Skipped("alike")
    return _requested(backfill, keys, item, made)


def applied(backfill: Backfill, read: Item, now: Item) -> bool:
    """Whether an update of an item as it was `read`, whose outcome is unknown, need not be sent again, by the item `now`.

    It changes all of its attributes at once: where one of them is still as it was read, it was not applied. Where none is,
    it was, or others have overwritten since all that it changes, which comes to the same.
    """
    made = _made(backfill, read)
    assert not isinstance(made, Skipped)
    return not any(_alike(now.get(name), read.get(name)) for name in _changed(backfill, read, made))


def pattern(backfill: Backfill, keys: Sequence[str]) -> dict[str, Any]:
    """The UpdateItem request for an item that has nothing yet of what is set or removed, with what is the item's own as known
    once it is read. What an item has of that is compared with what was read.
    """
    item = {name: _of_item(name) for name in (*keys, *_read(backfill))}
    made = {name: _unread(template) for name, template in backfill.set.items()}
    return _requested(backfill, keys, item, made)


def _requested(
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


def longest(backfill: Backfill, keys: Sequence[str]) -> dict[str, Any]:
    """The members of the requests for a page and for an item that are as long as they get, whatever the item is.

    Conditions are longest for an item that has nothing yet of what is set or removed; what is taken of it is nothing here.
    """
    item = {name: {"S": ""} for name in (*keys, *_read(backfill))}
    made = {name: {"S": ""} if isinstance(template, tuple) else template for name, template in backfill.set.items()}
    return scan(backfill, keys, 0) | _requested(backfill, keys, item, made)


def _made(backfill: Backfill, item: Item) -> dict[str, Mapping[str, Any]] | Skipped:
    """What the attributes that are set come to."""
    made: dict[str, Mapping[str, Any]] = {}
    for name, template in backfill.set.items():
        found = made_of(template, item)
        if isinstance(found, Skipped):
            return found
        made[name] = found
    return made


def _moved(backfill: Backfill, item: Item, skipped: Skipped) -> bool:
    """Whether an item lacks what is taken of it as one does that was renamed: it has all that is set, and nothing that is
    removed.
    """
    return (
        skipped.attribute in set(backfill.remove) - item.keys()
        and backfill.set.keys() <= item.keys()
        and item.keys().isdisjoint(backfill.remove)
    )


def _changed(backfill: Backfill, item: Item, made: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The attributes that the update makes different from what they are."""
    sets = [name for name, value in made.items() if not _alike(item.get(name), value)]
    return sets + [name for name in backfill.remove if name in item]


def _alike(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    return one is other if one is None or other is None else alike(one, other)


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
    for name in dict.fromkeys((*_read(backfill), *backfill.set, *backfill.remove)):
        if name in keys:  # which no update changes
            continue
        if name in item:
            yield f"{placeholders.name(name)} = {placeholders.value(item[name])}"
        else:
            yield f"attribute_not_exists({placeholders.name(name)})"


def _read(backfill: Backfill) -> list[str]:
    """The attributes that are taken of an item, each once."""
    return list(dict.fromkeys(name for template in backfill.set.values() for name in taken(template)))
