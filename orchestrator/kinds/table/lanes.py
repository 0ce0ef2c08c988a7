"""The lane of one table: its name, the places on it, how long its steps may take, and the calls on it."""

from enum import IntEnum
from typing import Any

from orchestrator.kinds.step_builder import StepBuilder
from orchestrator.model import Call, Declared

MINUTE, HOUR = 60, 3600

CREATE, UPDATE, DELETE = 10 * MINUTE, 10 * MINUTE, 15 * MINUTE
FLIP, ENCRYPT, RECLASS = HOUR, 30 * MINUTE, 30 * MINUTE
INDEX_CREATE, INDEX_DELETE, REPLICA = 24 * HOUR, 30 * MINUTE, HOUR
TTL, PITR, TAGS, BACKUP = 70 * MINUTE, 20 * MINUTE, 5 * MINUTE, 10 * MINUTE
WARM, INSIGHTS, KINESIS, POLICY = HOUR, 10 * MINUTE, 10 * MINUTE, 5 * MINUTE
RESTORE = HOUR
"""Deadlines in seconds where the plan states none (fact sheet 9 and 14.5). TTL may have to wait an hour to be taken; a
restore that somebody started takes a quarter of an hour at least, a large one longer.
"""
COPIED_PER_SECOND = 10e12 / 86400
"""Bytes that a Region takes of new replicas at most: 10 TB a day (fact sheet 4.2)."""


class Place(IntEnum):
    """Where the moves of one lane stand (14.3, right column).

    A replica that could not be made holds back everything until it is removed, so removals come first.
    Scaling stops before what it scales goes, and starts once that is there. Warm throughput is asked for early and seen to
    late, since nothing waits for it; what a start-up does not wait for comes last.
    """

    REPLICA_DELETES = 0
    SCALING_OFF = 1
    INDEX_DELETES = 2
    BILLING = 3
    ENCRYPTION = 4
    TABLE_CLASS = 5
    STREAM = 6
    WARMING = 7
    INDEX_CREATES = 8
    REPLICAS = 9
    TTL = 10
    PITR = 11
    TAGS = 12
    POLICY = 13
    INSIGHTS = 14
    KINESIS = 15
    SCALING = 16
    PROTECTION = 17
    WARMED = 18
    BACKGROUND_INDEXES = 19
    OF_BACKGROUND_INDEXES = 20
    TTL_AGAIN = 21


def lane(name: str) -> str:
    """Everything of one table, its indexes included, is changed one at a time."""
    return f"dynamodb/table/{name}"


def builder(declared: Declared, identity: str | None) -> StepBuilder:
    """What builds the steps of one table; `identity` is the TableId planned against, None where it is yet to be made."""
    return StepBuilder.of(declared, lane(declared.name), identity=identity)


def call(table: str, operation: str, **parameters: Any) -> Call:
    """A request of DynamoDB's that names the table."""
    return Call("dynamodb", operation, {"TableName": table, **parameters})
