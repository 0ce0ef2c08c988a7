"""Seeds of whole plans against a real endpoint, and whether every item came there as the file has it."""

import json
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aioboto3

from orchestrator import pipeline
from orchestrator.adapters.aws import AwsCloud
from orchestrator.adapters.clock import SystemClock
from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.engine.limits import Limited
from orchestrator.model import Call, Report, Target
from orchestrator.planning.load import Inputs, load, read
from orchestrator.ports import Clock, Cloud, Store

OTHERS = 200
"""Of so many items one is there already, as somebody else has put it."""
PAGE = 1000
"""Items: more of them in one reply keep a busy machine longer than a client waits for it."""
REGION = "eu-west-1"
CREDENTIALS = {"aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox"}
TABLE = """
version: 1
plan: {name}
tables:
  {name}:
    partition_key: {{id: S}}
    sort_key: {{line: N}}
    billing: on_demand
"""
TASK = """
tasks:
  fill:
    seed: {{table: {name}, file: {name}.jsonl, if_exists: {how}}}
"""


@dataclass
class Endpoint:
    """Runs of plans against the tables of one endpoint. DynamoDB Local has no STS, so that nobody is asked whose it is."""

    cloud: Cloud
    folder: Path
    store: Store = field(default_factory=MemoryStore)
    clock: Clock = field(default_factory=SystemClock)

    async def apply(self, text: str) -> Report:
        (path := self.folder / "plan.yaml").write_text(text)
        target = Target("000000000000", REGION, "", caller="arn:aws:iam::000000000000:user/tests")
        inputs = Inputs(variables={}, files=(), environ={})
        plans = load(read((path,)), inputs, account=target.account, region=target.region)
        request = pipeline.Request(plans=(path,))
        run = pipeline.Opened(
            request, plans, target, Limited(self.cloud, self.clock, request.limits), self.clock, self.store
        )
        return (await pipeline.apply_on(run, approve=None)).report

    async def dynamodb(self, operation: str, **parameters: Any) -> Mapping[str, Any]:
        return await self.cloud.send(Call("dynamodb", operation, parameters))

    async def count(self, table: str) -> int:
        """The items that are there, counted one by one; the table's own ItemCount lags by hours."""
        return sum([page["Count"] async for page in self._pages(table, Select="COUNT")])

    async def items(self, table: str) -> dict[str, Any]:
        return {one["id"]["S"]: one async for page in self._pages(table) for one in page["Items"]}

    async def _pages(self, table: str, **more: Any) -> Any:
        start: dict[str, Any] = {}
        while True:
            page = await self.dynamodb("Scan", TableName=table, ConsistentRead=True, Limit=PAGE, **more, **start)
            yield page
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def cloud_of(stack: AsyncExitStack, endpoint: str) -> AwsCloud:
    return AwsCloud(aioboto3.Session(**CREDENTIALS), stack, REGION, endpoint)


def plain(number: int) -> dict[str, Any]:
    """A row of the file."""
    return {"id": f"i{number:06d}", "line": number % 7, "text": f"text {number} ü", "paid": number % 2 == 0}


def typed(number: int) -> dict[str, Any]:
    """The same as DynamoDB has it."""
    row = plain(number)
    return {
        "id": {"S": row["id"]},
        "line": {"N": str(row["line"])},
        "text": {"S": row["text"]},
        "paid": {"BOOL": row["paid"]},
    }


def written(path: Path, items: int) -> None:
    with path.open("w") as file:
        file.writelines(json.dumps(plain(one)) + "\n" for one in range(items))


async def seeded(at: Endpoint, name: str, how: str, items: int) -> Report:
    """Seed a table of its own, in which some items of others are; but none where the seed fails with one."""
    written(at.folder / f"{name}.jsonl", items)
    await at.apply(TABLE.format(name=name))
    if how != "fail":
        for one in range(0, items, OTHERS):
            await at.dynamodb("PutItem", TableName=name, Item={**typed(one), "text": {"S": "others'"}})
    return await at.apply(TABLE.format(name=name) + TASK.format(name=name, how=how))


def wanted(how: str, items: int) -> dict[str, Any]:
    """What is in the table then."""
    kept = {"text": {"S": "others'"}}
    return {f"i{one:06d}": typed(one) | (kept if how == "keep" and one % OTHERS == 0 else {}) for one in range(items)}
