"""A plan in stages with tasks, and an account that it starts from: an index is added, its key filled in, a function that reads it
deployed, the old index removed.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from orchestrator.adapters.dynamodb_store import DynamoDbStore
from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.model import Call, Key, Report, Row, Write
from orchestrator.ports import Cloud, Store
from orchestrator.sandbox.cloud import VirtualCloud
from tests.end_to_end.dying import Dead
from tests.end_to_end.kills.meaning import makings
from tests.end_to_end.kills.steps import WatchedAccount
from tests.end_to_end.virtual import VirtualAws

STATE = "orchestrator-state"
ITEMS = 12
FUNCTION = (
    'runtime: python3.13, handler: app.handler, role: "arn:aws:iam::123456789012:role/shop", aliases: {live: published}'
)
BEFORE = f"""
plan: before
tables:
  orders:
    partition_key: {{id: S}}
    billing: on_demand
    tags: {{team: shop}}
    indexes: {{by_user: {{partition_key: {{user: S}}}}}}
functions:
  order-api: {{code: {{directory: one}}, {FUNCTION}}}
"""
PLAN = f"""
plan: shop
policy: {{destructive: allow}}
stages:
  - stage: expand
    tables:
      orders:
        partition_key: {{id: S}}
        billing: on_demand
        indexes: {{by_customer: {{partition_key: {{customer: S}}}}}}
    tasks:
      fill:
        backfill: {{table: orders, set: {{customer: "${{item.user}}"}}, where: attribute_not_exists(customer), segments: 2}}
        after: [tables.orders.indexes.by_customer]
  - stage: switch
    functions:
      order-api: {{code: {{directory: two}}, {FUNCTION}}}
    tasks:
      count:
        transact: [{{update: {{table: orders, key: {{id: total}}, add: {{n: 1}}}}}}]
        after: [functions.order-api]
  - stage: contract
    tables: {{orders: {{indexes: {{by_user: absent}}}}}}
"""


class Doom:
    """A process that dies at its `at`-th call, to AWS or to its store: nothing that it does from then on is seen outside."""

    def __init__(self, at: int | None = None) -> None:
        self.called = 0
        self._at = at

    def move(self) -> None:
        self.called += 1
        if self._at is not None and self.called >= self._at:
            raise Dead


@dataclass
class DoomedCloud:
    cloud: Cloud
    doom: Doom

    async def send(self, call: Call) -> Mapping[str, Any]:
        self.doom.move()
        return await self.cloud.send(call)


@dataclass
class DoomedStore:
    """A process's way to a store in memory."""

    store: Store
    doom: Doom

    async def make(self) -> None:
        self.doom.move()
        await self.store.make()

    async def get(self, *keys: Key) -> Sequence[Row | None]:
        self.doom.move()
        return await self.store.get(*keys)

    async def rows(
        self, partition: str, *, after: str = "", limit: int | None = None, newest_first: bool = False
    ) -> Sequence[Row]:
        self.doom.move()
        return await self.store.rows(partition, after=after, limit=limit, newest_first=newest_first)

    async def write(self, *writes: Write) -> str:
        self.doom.move()
        return await self.store.write(*writes)


@dataclass
class Shop(VirtualAws):
    """An account, and what its runs are kept in: a table of it where `table`, else memory. `watched` keeps what took effect."""

    watched: WatchedAccount = field(default_factory=WatchedAccount)
    table: bool = False
    memory: MemoryStore = field(default_factory=MemoryStore)

    def __post_init__(self) -> None:
        self.account = self.watched
        self.doom(Doom())
        for code in ("one", "two"):
            (self.folder / code).mkdir(exist_ok=True)
            (self.folder / code / "app.py").write_text(f"def handler(event, context): return {code!r}\n")

    def doom(self, doom: Doom) -> None:
        """The next runs are one process, which dies so."""
        self.between = lambda cloud: DoomedCloud(cloud, doom)
        self.store = DoomedStore(self.memory, doom)
        if self.table:
            cloud = DoomedCloud(VirtualCloud(self.account, self.clock, self.faults), doom)
            self.store = DynamoDbStore(cloud, self.clock, STATE, lambda: 0.5)

    async def begins(self, before: str = BEFORE) -> None:
        """What was before the plan is there, with items."""
        store, self.store = self.store, None
        await self.already(before)
        self.store = store
        for number in range(ITEMS):
            self.send("dynamodb", "PutItem", TableName="orders", Item=item(number))
        self.watched.accepted.clear()

    async def killed(self, text: str, at: int, **options: Any) -> bool:
        """Apply, and die at the `at`-th call, to AWS or to the store; False where the run ends before that."""
        died = False
        self.doom(Doom(at))
        try:
            await self.apply(text, **options)
        except* Dead:
            died = True
        self.doom(Doom())
        return died

    @property
    def made(self) -> Counter[str]:
        """What was made, changed or deleted that nobody may do twice, and how often, the state's own table apart."""
        return Counter({one: count for one, count in makings(self.watched.accepted).items() if STATE not in one})

    def items(self, table: str = "orders") -> Mapping[str, Mapping[str, Any]]:
        """By their id."""
        return {one["id"]["S"]: one for one in self.send("dynamodb", "Scan", TableName=table)["Items"]}

    def counted(self, name: str = "total") -> int:
        """What a counter says."""
        return int(self.items().get(name, {}).get("n", {"N": "0"})["N"])


def item(number: int) -> Mapping[str, Any]:
    return {"id": {"S": f"o{number}"}, "user": {"S": f"u{number}"}}


def steps_of(report: Report) -> Mapping[str, str]:
    """How each step ended."""
    return {step.id: step.outcome for step in report.steps}
