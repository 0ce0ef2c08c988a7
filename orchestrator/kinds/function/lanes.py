"""The lane of one function: its name, the places on it, how long its steps may take, and the calls on it."""

from dataclasses import replace
from enum import IntEnum
from typing import Any

from orchestrator.model import Call, Estimate, Text

LATEST = "$LATEST"
"""What the function as such is called where an alias could stand."""

DEADLINE, SLOW, SNAPSHOT, PROVISIONED, EVENT_SOURCE = 600, 900, 1800, 1800, 900
"""Seconds where the plan states none (fact sheet 9, 14.5).

The second with a VPC, a file system, an image or layers (C8), the third for a version with SnapStart, the fourth where
concurrency is provisioned.
"""
SNAPPING = Estimate(60, 120, 1560)
"""How long a version that SnapStart takes a snapshot of is likely to take (fact sheet 9)."""


class Place(IntEnum):
    """Where calls stand on the lane of one function: configuration and code are never merged (fact sheet 11.6, 14.3).

    A mapping is disabled before its stream ends (14.3, rule 21). Then provisioned concurrency goes that does: beside it Lambda
    takes no SnapStart, no alias of $LATEST or with weights, and no second alias of its version (11.4, 11.8, 11.12).
    Concurrency is reserved before it is provisioned and lowered after that is (11.9); an alias goes once nothing needs it.
    """

    DRAINS = 0
    RELEASES = 1
    CONFIGURATION = 2
    CODE = 3
    CONCURRENCY = 4
    TAGS = 5
    VERSION = 6
    ALIASES = 7
    PROVISIONED = 8
    ASYNC = 9
    URL = 10
    PERMISSIONS = 11
    EVENT_SOURCES = 12
    LOWERED_CONCURRENCY = 13
    ALIAS_DELETES = 14


UPDATES = (Place.CONFIGURATION, Place.CODE)
"""The places whose calls are updates: they go through InProgress and overwrite what failed before."""


def lane(name: str) -> str:
    """Everything of one function is changed one at a time."""
    return f"lambda/function/{name}"


def call(function: str, operation: str, **parameters: Any) -> Call:
    """A request of Lambda's that names the function."""
    return Call("lambda", operation, {"FunctionName": function, **parameters})


def qualifier(alias: str) -> dict[str, str]:
    """The parameter that names the alias; none for the function as such."""
    return {"Qualifier": alias} if alias else {}


def qualified(name: str, arn: str | Text, alias: str) -> str | Text:
    """What names the function, or its alias: by the ARN, the one form that every operation takes for an alias."""
    if not alias:
        return name
    return f"{arn}:{alias}" if isinstance(arn, str) else replace(arn, parts=(*arn.parts, f":{alias}"))
