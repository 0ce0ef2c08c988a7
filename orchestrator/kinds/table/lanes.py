"""The lane of one table: its name, the places on it, and how a step on it is made."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from orchestrator.kinds.fields import Absent
from orchestrator.kinds.table.spec import TableSpec, TableTimeouts
from orchestrator.model import Action, Call, Change, Declared, Ref, Step

MINUTE, HOUR = 60, 3600

CREATE, UPDATE, DELETE = 10 * MINUTE, 10 * MINUTE, 15 * MINUTE
FLIP, ENCRYPT, RECLASS = HOUR, 30 * MINUTE, 30 * MINUTE
INDEX_CREATE, INDEX_DELETE = 24 * HOUR, 30 * MINUTE
TTL, PITR, TAGS, BACKUP = 10 * MINUTE, 20 * MINUTE, 5 * MINUTE, 10 * MINUTE
"""Deadlines in seconds where the plan states none (fact sheet 9 and 14.5)."""


class Place(IntEnum):
    """Where the moves of one lane stand (14.3, right column)."""

    INDEX_DELETES = 1
    BILLING = 2
    ENCRYPTION = 3
    TABLE_CLASS = 4
    STREAM = 5
    INDEX_CREATES = 6
    TTL = 7
    PITR = 8
    TAGS = 9
    PROTECTION = 10


def lane(name: str) -> str:
    """Everything of one table, its indexes included, is changed one at a time."""
    return f"dynamodb/table/{name}"


@dataclass(frozen=True, slots=True)
class Lane:
    """Makes the steps of one table. `identity` is the TableId planned against, None where the table is yet to be made."""

    declared: Declared
    identity: str | None

    @property
    def timeouts(self) -> TableTimeouts:
        spec: TableSpec | Absent = self.declared.spec
        return TableTimeouts() if isinstance(spec, Absent) else spec.timeouts

    def step(
        self,
        verb: str,
        summary: str,
        call: Call | None,
        because: tuple[Change, ...],
        deadline: float,
        *,
        ref: Ref | None = None,
        action: Action | None = None,
        **more: Any,
    ) -> Step:
        """A step whose id is `PATH:VERB`; the verb's first word is its action, unless that is told."""
        ref = ref or self.declared.ref
        return Step(
            id=f"{ref}:{verb}",
            ref=ref,
            lane=lane(self.declared.name),
            action=action or _ACTIONS[verb.partition("-")[0]],
            summary=summary,
            call=call,
            because=because,
            deadline=deadline,
            identity=self.identity,
            **more,
        )

    def call(self, operation: str, **parameters: Any) -> Call:
        return Call("dynamodb", operation, {"TableName": self.declared.name, **parameters})


_ACTIONS: dict[str, Action] = {"create": "create", "update": "update", "delete": "delete", "wait": "wait"}
