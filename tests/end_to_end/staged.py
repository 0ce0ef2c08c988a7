"""A plan in stages with tasks, and an account that it starts from: an index is added, its key filled in, a function that reads it
deployed, the old index removed.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from orchestrator.adapters.dynamodb_store import DynamoDbStore
from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.model import Call, Key, Report, Row, Write
from orchestrator.ports import Cloud, Store
from orchestrator.sandbox.cloud import VirtualCloud
from tests.end_to_end.dying import Dead
from tests.end_to_end.kills.meaning import makings
from tests.end_to_end.kills.steps import WatchedAccount
from tests.end_to_end.virtual import VirtualAws

T = TypeVar("T")
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
    """A process that dies at its `at`-th call, to AWS or to its store: nothing that it does from then on is seen outside.

    `answered`: that call takes effect, and nobody hears of it.
    """

    def __init__(self, at: int | None = None, *, answered: bool = False) -> None:
        self.called = 0
        self._at = at
        self._answered = answered

    async def lives(self, call: Callable[[], Awaitable[T]]) -> T:
        self.called += 1
        if self._at is None or self.called < self._at:
            return await call()
        if self.called == self._at and self._answered:
            await call()
        raise Dead


@dataclass
class Meanwhile:
    """A Cloud beside which somebody does something, each time before `operation`."""

    cloud: Cloud
    operation: str
    does: Callable[[], object]

    async def send(self, call: Call) -> Mapping[str, Any]:
        if call.operation == self.operation:
            self.does()
        return await self.cloud.send(call)


@dataclass
class DoomedCloud:
    cloud: Cloud
    doom: Doom

    async def send(self, call: Call) -> Mapping[str, Any]:
        return await self.doom.lives(lambda: self.cloud.send(call))


@dataclass
class DoomedStore:
    """A process's way to a store in memory."""

    store: Store
    doom: Doom

    async def make(self) -> None:
        await self.doom.lives(self.store.make)

    async def get(self, *keys: Key) -> Sequence[Row | None]:
        return await self.doom.lives(lambda: self.store.get(*keys))

    async def rows(
        self, partition: str, *, after: str = "", limit: int | None = None, newest_first: bool = False
    ) -> Sequence[Row]:
        read = partial(self.store.rows, partition, after=after, limit=limit, newest_first=newest_first)
        return await self.doom.lives(read)

    async def write(self, *writes: Write) -> str:
        return await self.doom.lives(lambda: self.store.write(*writes))


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
        self.refused.clear()

    async def killed(self, text: str, at: int, *, answered: bool = False, **options: Any) -> bool:
        """Apply, and die at the `at`-th call as a Doom does; False where the run ends before that."""
        died = False
        self.doom(Doom(at, answered=answered))
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
