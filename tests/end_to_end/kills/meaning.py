"""What an account holds and what was made in it, by meaning: without what differs each time that it is made."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Send = Callable[[str, str, Mapping[str, Any]], Mapping[str, Any]]
"""Makes a call that reads: service, operation, parameters."""

OWN = re.compile(
    "Id$|Date|DateTime$|Time$|Modified|^Timestamp|Label$|UUID|MappingArn|Bytes$|^ItemCount$|^Location$|^ResponseMetadata$"
)
"""Members that tell one thing from another that means the same."""


def meaning(send: Send) -> Mapping[str, Any]:
    """All tables and functions with what belongs to them; settled, if enough time has passed."""
    tables = send("dynamodb", "ListTables", {})["TableNames"]
    functions = [one["FunctionName"] for one in send("lambda", "ListFunctions", {})["Functions"]]
    return {
        **{f"table {name}": _meant(_table(send, name)) for name in tables},
        **{f"function {name}": _meant(_function(send, name)) for name in functions},
        "mappings": _meant(send("lambda", "ListEventSourceMappings", {})["EventSourceMappings"]),
    }


def _table(send: Send, name: str) -> Mapping[str, Any]:
    found = send("dynamodb", "DescribeTable", {"TableName": name})["Table"]
    tags = send("dynamodb", "ListTagsOfResource", {"ResourceArn": found["TableArn"]})["Tags"]
    return {**found, "tags": tags, "ttl": send("dynamodb", "DescribeTimeToLive", {"TableName": name})}


def _function(send: Send, name: str) -> Mapping[str, Any]:
    named = {"FunctionName": name}
    return {
        "now": send("lambda", "GetFunction", named),
        "versions": send("lambda", "ListVersionsByFunction", named)["Versions"],
        "aliases": send("lambda", "ListAliases", named)["Aliases"],
    }


def _meant(value: Any) -> Any:
    """`value` without what is each thing's own, and without any order."""
    if isinstance(value, Mapping):
        return {key: _meant(inner) for key, inner in value.items() if not OWN.search(key)}
    if isinstance(value, list):
        return sorted((_meant(inner) for inner in value), key=str)
    return re.sub("/stream/.*", "/stream", value) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Accepted:
    """A call that took effect: `dynamodb:CreateTable`, what was asked, and what was answered."""

    api: str
    given: Mapping[str, Any]
    reply: Mapping[str, Any]


def makings(calls: Iterable[Accepted]) -> Counter[str]:
    """What was made, changed or deleted that nobody may do twice, and how often it was done."""
    return Counter(one for call in calls for one in _made(call))


def _made(call: Accepted) -> Iterator[str]:
    match call.api:
        case "dynamodb:CreateTable" | "dynamodb:DeleteTable":
            yield f"{call.api} {call.given['TableName']}"
        case "dynamodb:UpdateTable":
            for change in call.given.get("GlobalSecondaryIndexUpdates", ()):
                for what, index in change.items():
                    yield f"{what} index {call.given['TableName']} {index['IndexName']}"
            if "BillingMode" in call.given:
                yield f"bill {call.given['TableName']} {call.given['BillingMode']}"
        case "lambda:PublishVersion":
            yield f"{call.api} {call.reply['FunctionName']} {call.reply['Version']}"
        case "lambda:CreateFunction" | "lambda:UpdateFunctionCode" | "lambda:UpdateFunctionConfiguration":
            yield f"{call.api} {call.reply['FunctionName']}"
        case "lambda:CreateAlias" | "lambda:UpdateAlias":
            yield f"{call.api} {call.reply['AliasArn']}"
        case "lambda:CreateEventSourceMapping":
            yield f"{call.api} {call.reply['FunctionArn']}"
        case _:
            pass
