"""Rows of a state store as items of its table.

`partition` and `sort` are an item's key, `version` and `body` (JSON) its content, `expires` DynamoDB's time to live.
"""

import json
from collections.abc import Mapping
from typing import Any

from orchestrator.model import ANY, Expected, Key, Row, Text

Item = Mapping[str, Any]


def key(one: Key) -> Item:
    return keyed(one.partition, one.sort)


def keyed(partition: str | Text, sort: str) -> Item:
    """The same of a row that may be known only while running."""
    return {"partition": {"S": partition}, "sort": {"S": sort}}


def item(key: Item, version: str | Text, body: Mapping[str, Any], expires: float | None = None) -> Item:
    """`expires` in seconds since the epoch."""
    lasting = {} if expires is None else {"expires": {"N": str(int(expires))}}
    return {**key, "version": {"S": version}, "body": {"S": json.dumps(body)}, **lasting}


def row(found: Item) -> Row:
    """What `item` was made of."""
    expires = float(found["expires"]["N"]) if "expires" in found else None
    one = Key(found["partition"]["S"], found["sort"]["S"])
    return Row(one, found["version"]["S"], json.loads(found["body"]["S"]), expires)


def condition(expected: Expected) -> Mapping[str, Any]:
    """The members of a request that let it through only where the row is as expected."""
    if expected is ANY:
        return {}
    if expected is None:
        return {"ConditionExpression": "attribute_not_exists(#p)", "ExpressionAttributeNames": {"#p": "partition"}}
    return {
        "ConditionExpression": "#v = :v",
        "ExpressionAttributeNames": {"#v": "version"},
        "ExpressionAttributeValues": {":v": {"S": expected}},
    }
