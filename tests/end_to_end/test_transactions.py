"""A plan's transaction from its text to the account, in virtual time."""

from pathlib import Path

import pytest

from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.sandbox.faults import Faults, Injection, Script
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

PLAN = """
plan: shop
tables: {orders: {partition_key: {id: S}, billing: on_demand}}
tasks:
  count:
    transact:
      - update: {table: orders, key: {id: total}, add: {n: 1}}
      - put: {table: orders, item: {id: a}, if_absent: true}
"""


@pytest.mark.parametrize("injection", [Injection.DROP_AFTER, Injection.ERROR_AFTER, Injection.DROP_BEFORE])
async def test_d8_a_transaction_whose_answer_is_lost_is_applied_once_and_the_next_run_has_nothing_to_do(
    tmp_path: Path, injection: Injection
) -> None:
    faults = Faults(scripts=[Script("dynamodb:TransactWriteItems", 1, injection)])
    aws = VirtualAws(tmp_path, store=MemoryStore(), faults=faults)
    assert (await aws.apply(PLAN)).exit_code == 0
    assert [call.operation for call in aws.sent] == ["CreateTable", "TransactWriteItems", "TransactWriteItems"]
    assert (await aws.apply(PLAN)).outcome == "nothing_to_do"
    counted = aws.send("dynamodb", "GetItem", TableName="orders", Key={"id": {"S": "total"}})
    assert counted["Item"]["n"] == {"N": "1"}
