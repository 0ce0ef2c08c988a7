"""A real process over HTTP, killed at its transaction; then the same command again: the counter ends right (requirement D8)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest

from orchestrator.model import Call
from tests.end_to_end.kills.process import Starter
from tests.end_to_end.kills.proxy import MOMENTS, Moment, Point, Proxy
from tests.end_to_end.kills.world import KEYS, REGION, STATE, World

pytestmark = pytest.mark.http

TRANSACT = "dynamodb:TransactWriteItems"
PAST_THE_TOKEN, WITHIN = 700.0, 45.0
KILLED = -9
PLAN = """
plan: shop
tables: {orders: {}}
tasks: {count: {transact: [{update: {table: orders, key: {id: total}, add: {n: 1}}}]}}
"""
ORDERS = Call(
    "dynamodb",
    "CreateTable",
    {
        "TableName": "orders",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    },
)
ENVIRON = {"AWS_ACCESS_KEY_ID": "sandbox", "AWS_SECRET_ACCESS_KEY": "sandbox", "AWS_REGION": REGION}


@dataclass
class Stage:
    """Where runs are killed. `number`: the how manieth of a run's transactions is that of the task."""

    world: World
    proxy: Proxy
    starter: Starter
    plan: Path
    number: int = 0

    def begin(self) -> None:
        self.world.begin()
        self.proxy.accepted.clear()

    def run(self, trap: Point | None = None) -> int:
        """Run the command; its exit code, or KILLED."""
        self.proxy.watch(self.starter.child, trap)
        command = [
            "apply",
            str(self.plan),
            "--yes",
            "--endpoint-url",
            self.proxy.endpoint,
            "--state",
            f"dynamodb://{STATE}",
        ]
        code = self.starter.run(command, self.world.clock.ahead, self.plan.with_suffix(".said"))
        self.proxy.settle()
        return code

    def counted(self) -> str:
        client = boto3.client("dynamodb", endpoint_url=f"http://127.0.0.1:{self.world.port}", **KEYS)
        found = client.get_item(TableName="orders", Key={"id": {"S": "total"}}).get("Item", {})
        client.close()
        return str(found.get("n", {"N": "0"})["N"])


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    plan = tmp_path_factory.mktemp("transactions") / "plan.yaml"
    plan.write_text(PLAN)
    world = World([ORDERS])
    found = Stage(world, Proxy(world.port), Starter(ENVIRON), plan)
    try:
        found.begin()
        assert found.run() == 0, plan.with_suffix(".said").read_text()
        assert found.counted() == "1"
        transactions = [one for one in found.proxy.accepted if one.api == TRANSACT]
        found.number = next(place for place, one in enumerate(transactions, 1) if "'orders'" in str(one.given))
        yield found
    finally:
        found.starter.close()
        found.proxy.close()
        world.close()


@pytest.mark.parametrize(("moment", "gap"), [*((moment, WITHIN) for moment in MOMENTS), ("between", PAST_THE_TOKEN)])
def test_d8_killed_at_its_transaction_it_is_applied_once(stage: Stage, moment: Moment, gap: float) -> None:
    expected = "0" if moment == "before" else "1"
    for _ in range(3):  # a heartbeat that came in between was another transaction
        stage.begin()
        assert stage.run(Point(TRANSACT, stage.number, moment)) in ((KILLED, 0) if moment == "after" else (KILLED,))
        if stage.counted() == expected:
            break
    assert stage.counted() == expected
    stage.world.clock.ahead += gap
    assert stage.run() == 0, stage.plan.with_suffix(".said").read_text()
    assert stage.counted() == "1"
