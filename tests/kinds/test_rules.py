"""A rule of AWS is one function and one code, whether the plan breaks it alone or together with what is live."""

from typing import Any

import pytest

from orchestrator.kinds import table
from orchestrator.kinds.contract import Context
from orchestrator.kinds.table.live import Capacity, IndexLive, KeySchema, LocalIndexLive, Projection, TableLive
from orchestrator.model import Declared, Policy, Position, Ref
from tests.kinds.cases import BODIES

REF = Ref("demo", ("tables", "orders"))
CONTEXT = Context(
    Policy(), known=lambda value: value, where=lambda ref, field: Position(f"{ref}.{field}", 1, 1), now=0.0
)
UNITS = {"provisioned": {"read": 1, "write": 1}}
LISTED = [f"a{number}" for number in range(60)]
KEY = KeySchema((("id", "S"),), (("line", "N"),))
BY_DAY = IndexLive(
    "by_day", "ACTIVE", False, KeySchema((("day", "S"),)), Projection("INCLUDE", frozenset(LISTED)), Capacity(0, 0)
)
BY_TOTAL = LocalIndexLive("by_total", KeySchema((("id", "S"),), (("total", "N"),)), Projection("ALL"))
LIVE = TableLive(
    "orders",
    "arn",
    "1",
    "ACTIVE",
    KEY,
    on_demand=True,
    capacity=Capacity(0, 0),
    tags={},
    indexes={"by_day": BY_DAY},
    local_indexes={"by_total": BY_TOTAL},
)
DECLARED = {"partition_key": {"id": "S"}, "sort_key": {"line": "N"}}
"""The live table's key as a plan has it."""

BROKEN: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    (
        "attribute-type",
        "indexes.new.partition_key.day",
        {"new": {"partition_key": {"day": "N"}}},
        {"indexes": {"by_day": {"partition_key": {"day": "S"}}}},
    ),
    (
        "projection-quota",
        "indexes",
        {"new": {"partition_key": {"id": "S"}, "projection": LISTED}},
        {"indexes": {"by_day": {"partition_key": {"day": "S"}, "projection": LISTED}}},
    ),
    (
        "index-billing-mode",
        "indexes.new.billing",
        {"new": {"partition_key": {"id": "S"}, "billing": UNITS}},
        {"billing": "on_demand"},
    ),
    (
        "index-name-taken",
        "indexes.by_total",
        {"by_total": {"partition_key": {"id": "S"}}},
        {"local_indexes": {"by_total": {"sort_key": {"total": "N"}}}},
    ),
]


@pytest.mark.parametrize(("code", "path", "indexes", "rest"), BROKEN, ids=[code for code, *_ in BROKEN])
def test_a_rule_says_the_same_of_a_plan_and_of_a_plan_with_its_live_table(
    code: str, path: str, indexes: dict[str, Any], rest: dict[str, Any]
) -> None:
    """`indexes` break it on the live table; with `rest`, which declares what is live, the plan breaks it alone."""
    on_live = BODIES["tables"].validate_python({"indexes": indexes})
    assert list(table.complaints(on_live)) == []
    (finding,) = (
        found
        for found in table.diff(Declared(REF, "orders", on_live), LIVE, CONTEXT).findings
        if found.level == "error"
    )
    whole = {**DECLARED, **rest, "indexes": {**rest.get("indexes", {}), **indexes}}
    (complaint,) = table.complaints(BODIES["tables"].validate_python(whole))
    assert (finding.code, ".".join(map(str, complaint.path))) == (complaint.code, path)
    assert finding.code == code
    assert finding.message == complaint.said_of(f"tables.orders.{path}")
    assert finding.action == complaint.action
    assert finding.where is not None
    assert finding.where.file.rstrip(".") == f"tables.orders.{path}"
