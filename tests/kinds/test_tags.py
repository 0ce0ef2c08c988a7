"""Tags of tables and functions are changed alike: what goes goes first (fact sheet 4.2, 11.12: 50 tags at most)."""

from typing import Any

import pytest

from orchestrator.kinds import function, table
from orchestrator.kinds.contract import Diff
from orchestrator.model import Change
from tests.kinds import applied, applied_tables
from tests.kinds.applied import Applied
from tests.kinds.applied_tables import AppliedTables

BOTH: dict[str, Any] = {"old": None, "new": "2"}


def test_one_change_of_a_tables_tags_removes_first() -> None:
    account, wanted = AppliedTables(), applied_tables.declared({"partition_key": {"id": "S"}, "tags": {"old": "1"}})
    account.apply(wanted)
    live = account.look(table.reads(wanted.spec))
    diff = Diff((Change(applied_tables.REF, "tags", {"old": "1"}, BOTH, "update"),))
    steps = table.steps(wanted, live, diff, applied_tables.CONTEXT)
    assert [step.call.operation for step in steps if step.call] == ["UntagResource", "TagResource"]


def test_one_change_of_a_functions_tags_removes_first() -> None:
    account, wanted = Applied(), applied.declared({**applied.LEAST, "tags": {"old": "1"}})
    account.apply(wanted)
    live = account.look(function.reads(wanted.spec))
    diff = Diff((Change(applied.REF, "tags", {"old": "1"}, BOTH, "update"),))
    steps = function.steps(wanted, live, diff, applied.CONTEXT)
    assert [step.call.operation for step in steps if step.call] == ["UntagResource", "TagResource"]


@pytest.mark.parametrize("kind", ["table", "function"])
def test_as_many_tags_as_there_may_be_are_replaced(kind: str) -> None:
    """Neither service refuses a call on the way."""
    fifty = [{f"{word}{number}": "x" for number in range(50)} for word in ("old", "new")]
    if kind == "table":
        tables = AppliedTables()
        done = [
            tables.apply(applied_tables.declared({"partition_key": {"id": "S"}, "tags": some, "prune": ["tags"]}))
            for some in fifty
        ]
    else:
        functions = Applied()
        done = [functions.apply(applied.declared({**applied.LEAST, "tags": some, "prune": ["tags"]})) for some in fifty]
    assert done[1] == ("UntagResource", "TagResource")
