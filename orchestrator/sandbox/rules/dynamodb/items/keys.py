"""Keys of items: which attributes they need, of which type and length (fact sheet 4.2, 6.1)."""

from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.kinds.task.grammar.values import Item, Value
from orchestrator.sandbox.rules.dynamodb import refusals
from orchestrator.sandbox.rules.dynamodb.items.shelf import Key
from orchestrator.sandbox.rules.dynamodb.items.values import item_of, value_size
from orchestrator.sandbox.rules.dynamodb.state import Index, LocalIndex, Table

LONGEST = {"HASH": 2048, "RANGE": 1024}
LARGEST_ITEM = 400 * 1024
_NO_MATCH = "The provided key element does not match the schema"


def named(table: Table, given: Mapping[str, Any]) -> Key:
    """The key that a request gives as such: these attributes and no others."""
    found = item_of(given)
    if set(found) != {attribute for attribute, _ in table.keys}:
        raise refusals.invalid(_NO_MATCH)
    for attribute, _ in table.keys:
        if found[attribute][0] != table.types[attribute]:
            raise refusals.invalid(_NO_MATCH)
    return _of(table, found)


def of_item(table: Table, item: Item) -> Key:
    """The key of an item to be put."""
    for attribute, _ in table.keys:
        if attribute not in item:
            raise refusals.invalid_values(f"Missing the key {attribute} in the item")
        kind, wanted = item[attribute][0], table.types[attribute]
        if kind != wanted:
            raise refusals.invalid_values(f"Type mismatch for key {attribute} expected: {wanted} actual: {kind}")
    return _of(table, item)


def as_item(table: Table, key: Key) -> Item:
    """What an item has at least."""
    return {attribute: value for (attribute, _), value in zip(table.keys, key, strict=True)}


def check_size(item: Item, size: int, *, update: bool) -> None:
    if size > LARGEST_ITEM:
        what = "Item size to update" if update else "Item size"
        raise refusals.invalid(f"{what} has exceeded the maximum allowed size")


def check_indexes(table: Table, before: Item | None, after: Item, *, update: bool) -> None:
    """Refuse an item that an index can't have for a key of the wrong type, or without content.

    An update is asked for what it changes alone: what an index was made over may be wrong already.
    """
    for index in readable(table):
        for attribute, _ in index.keys:
            value = after.get(attribute)
            if value is None or (update and before is not None and before.get(attribute) == value):
                continue
            if value[0] != table.types[attribute]:
                raise refusals.invalid_values(
                    f"Type mismatch for Index Key {attribute} Expected: {table.types[attribute]} Actual: {value[0]} "
                    f"IndexName: {index.name}"
                )
            if value[0] != "N" and not value[1]:
                raise _empty_index_key(index.name, attribute, update=update)


def readable(table: Table) -> Iterator[Index | LocalIndex]:
    """The indexes that can be read, whose keys bind an item."""
    yield from table.local_indexes
    yield from (index for index in table.indexes if not index.creating and not index.deleting)


def _empty_index_key(index: str, attribute: str, *, update: bool) -> Exception:
    why = "The AttributeValue for a key attribute cannot contain an empty string value."
    if update:
        head = "The update expression attempted to update a secondary index key to a value that is not supported."
        return refusals.invalid(f"One or more parameter values are not valid. {head} {why}")
    head = "A value specified for a secondary index key is not supported."
    return refusals.invalid(
        f"One or more parameter values are not valid. {head} {why} IndexName: {index}, IndexKey: {attribute}"
    )


def _of(table: Table, found: Item) -> Key:
    return tuple(_checked(attribute, role, found[attribute]) for attribute, role in table.keys)


def _checked(attribute: str, role: str, value: Value) -> Value:
    kind, content = value
    if kind != "N" and not content:
        sort = "string" if kind == "S" else "binary"
        raise refusals.invalid(
            f"One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty {sort} "
            f"value. Key: {attribute}"
        )
    if value_size(value) > LONGEST[role]:
        what = (
            "Size of hashkey has exceeded the maximum size limit of"
            if role == "HASH"
            else ("Aggregated size of all range keys has exceeded the size limit of ")
        )
        raise refusals.invalid_values(f"{what}{LONGEST[role]} bytes")
    return value
