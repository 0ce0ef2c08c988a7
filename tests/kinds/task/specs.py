"""Tasks as a plan would have them, and what the tests' plan knows of the things that they name."""

from typing import Any

from orchestrator.kinds.task import rules, works
from orchestrator.kinds.task.known import Known, KnownTable
from orchestrator.kinds.task.spec import TaskSpec
from orchestrator.model.work import Work

KNOWN = Known(
    {"orders": KnownTable("orders-dev", {"id": "S", "line": "N"}), "old": KnownTable("old-dev")}, {"api": "api-dev"}
)
KEY = {"id": "a", "line": 1}


def spec(body: Any) -> TaskSpec:
    return TaskSpec.model_validate(body)


def made(body: Any) -> Work:
    """The work of a task that is right in itself."""
    found = spec(body)
    assert not list(rules.complaints(found))
    return works.work(found, KNOWN)


def backfill(**body: Any) -> Any:
    return {"backfill": {"table": "orders", **body}}


def update(**body: Any) -> Any:
    return {"transact": [{"update": {"table": "orders", "key": KEY, **body}}]}
