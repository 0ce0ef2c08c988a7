"""The table of a state store is made where there is none, whatever stands there of one before. In virtual time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import anyio
import pytest

from orchestrator.adapters.dynamodb_store import MAKING_SECONDS
from orchestrator.adapters.stores import open_store
from orchestrator.errors import StoreUnavailable
from orchestrator.model import Call
from orchestrator.ports import Cloud, Store
from orchestrator.sandbox.clock import VirtualClock
from orchestrator.sandbox.cloud import VirtualCloud
from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.durations import Durations

pytestmark = pytest.mark.virtual

TABLE = "orchestrator-state"
HOUR = 3600.0


@dataclass
class Described:
    """The Cloud port over `cloud`, where tables have `status`; None: they are never seen."""

    cloud: Cloud
    status: str | None

    async def send(self, call: Call) -> Mapping[str, Any]:
        reply = await self.cloud.send(call)
        if call.operation != "DescribeTable":
            return reply
        if self.status is None:
            return await self.cloud.send(Call("dynamodb", "DescribeTable", {"TableName": "never-made"}))
        return {"Table": {**reply["Table"], "TableStatus": self.status}}


def _store(cloud: Cloud, clock: VirtualClock) -> Store:
    found = open_store(f"dynamodb://{TABLE}", cloud, clock, lambda: 0.5)
    assert found is not None
    return found


async def _made(store: Store) -> None:
    """Make it. Raises TimeoutError where that would take for ever."""
    with anyio.fail_after(HOUR):
        await store.make()


async def _with_a_table(account: Account, clock: VirtualClock) -> None:
    await _made(_store(VirtualCloud(account, clock), clock))
    off = {"TableName": TABLE, "DeletionProtectionEnabled": False}
    account.foreign("dynamodb", "UpdateTable", off, clock.now())
    await clock.sleep(60)


def _describe(account: Account, clock: VirtualClock) -> Mapping[str, Any]:
    table: Mapping[str, Any] = account.foreign("dynamodb", "DescribeTable", {"TableName": TABLE}, clock.now())["Table"]
    return table


async def test_a_table_that_is_being_deleted_is_waited_out_and_made_again(clock: VirtualClock) -> None:
    account = Account(durations=Durations(table_delete=240))
    await _with_a_table(account, clock)
    old = _describe(account, clock)["TableId"]
    account.foreign("dynamodb", "DeleteTable", {"TableName": TABLE}, clock.now())
    began = clock.now()
    await _made(_store(VirtualCloud(account, clock), clock))
    assert 240 <= clock.now() - began < 270
    table = _describe(account, clock)
    assert (table["TableStatus"], table["DeletionProtectionEnabled"]) == ("ACTIVE", True)
    assert table["TableId"] != old


@pytest.mark.parametrize("status", ["INACCESSIBLE_ENCRYPTION_CREDENTIALS", "ARCHIVED", "DELETING", None])
async def test_a_table_that_can_not_be_used_for_minutes_is_told_with_its_status(
    status: str | None, clock: VirtualClock
) -> None:
    account = Account()
    await _with_a_table(account, clock)
    began = clock.now()
    with pytest.raises(StoreUnavailable) as caught:
        await _made(_store(Described(VirtualCloud(account, clock), status), clock))
    assert MAKING_SECONDS <= clock.now() - began < MAKING_SECONDS + 5
    assert caught.value.lost
    assert caught.value.code == (status or "ResourceNotFoundException")
    assert f"the table {TABLE} is " in caught.value.message
    assert "after 10 minutes" in caught.value.message


async def test_a_table_that_is_updating_can_be_used(clock: VirtualClock) -> None:
    account = Account()
    await _with_a_table(account, clock)
    began = clock.now()
    await _made(_store(Described(VirtualCloud(account, clock), "UPDATING"), clock))
    assert clock.now() - began < 5
