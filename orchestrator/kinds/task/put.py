"""The requests of a seed: a put of one item where none is, a batch of puts, and the read of what is there already."""

from collections.abc import Iterable, Sequence

from orchestrator.model import Call
from orchestrator.model.work import Item


def put(table: str, keys: Sequence[str], item: Item) -> Call:
    """Refused (ConditionalCheckFailedException) where an item of its key is there. `keys` are the table's key attributes."""
    absent = {"ConditionExpression": "attribute_not_exists(#k)", "ExpressionAttributeNames": {"#k": keys[0]}}
    return Call("dynamodb", "PutItem", {"TableName": table, "Item": item, **absent})


def batch(table: str, items: Iterable[Item]) -> Call:
    """Replaces what is there. Up to BATCH items, no two of one key."""
    puts = [{"PutRequest": {"Item": item}} for item in items]
    return Call("dynamodb", "BatchWriteItem", {"RequestItems": {table: puts}})


def get(table: str, keys: Sequence[str], item: Item) -> Call:
    """The read, strongly consistent, of what is there in the place of `item`."""
    return Call("dynamodb", "GetItem", {"TableName": table, "Key": key(keys, item), "ConsistentRead": True})


def key(keys: Sequence[str], item: Item) -> Item:
    return {name: item[name] for name in keys}
