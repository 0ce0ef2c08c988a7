"""Runs of one task against one account, with what is remembered between them; each may be killed wherever it stands."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from orchestrator import model
from orchestrator.adapters.journal import MemoryJournal
from orchestrator.adapters.marks import TableMarks
from orchestrator.engine.executor import Options, execute
from orchestrator.engine.stop import Stop
from orchestrator.model import Call, Event, Graph, Preview, Ref, Report, RunRule, Step, Task, Work
from orchestrator.planning import fingerprint
from orchestrator.ports import Cloud, Journal, Marks
from tests.end_to_end.dying import Dead
from tests.engine.scene import TARGET, Scene, table, tables
from tests.engine.tasks.mishaps import Mishaps

COUNT = Ref("shop", ("tasks", "count"))
ORDERS = Ref("shop", ("tables", "orders"))
STATE = "orchestrator-state"
STATE_KEYS: Mapping[str, Any] = {
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("partition", "sort")],
    "KeySchema": [{"AttributeName": "partition", "KeyType": "HASH"}, {"AttributeName": "sort", "KeyType": "RANGE"}],
}


class Mortal:
    """Dies at its `at`-th move: before and after each call of items and each write of what is remembered."""

    def __init__(self, at: int = 0) -> None:
        self.moves = 0
        self._at = at

    def move(self) -> None:
        self.moves += 1
        if self.moves == self._at:
            raise Dead


@dataclass
class Remembered:
    """The Memory of all the runs; what is kept is JSON, as in a store."""

    marks: Marks | None = None
    mortal: Mortal = field(default_factory=Mortal)
    parts: dict[str, str] = field(default_factory=dict)

    def of(self, _: Task) -> "Remembered":
        return self

    async def done(self) -> model.Remembered | None:
        (body,) = await self.get("done")
        return model.Remembered(**body) if body else None

    async def remember(self, done: model.Remembered) -> None:
        await self.put("done", asdict(done))

    async def get(self, *parts: str) -> Sequence[Mapping[str, Any] | None]:
        return [json.loads(self.parts[part]) if part in self.parts else None for part in parts]

    async def put(self, part: str, body: Mapping[str, Any]) -> None:
        self.mortal.move()
        self.parts[part] = json.dumps(body)
        self.mortal.move()

    async def forget(self, *parts: str) -> None:
        for part in parts:
            self.parts.pop(part, None)

    def digest(self, stated: Any) -> str:
        return fingerprint.digest(stated, b"key")


class Killed:
    """A Cloud whose caller may die before a call of items arrives, or once it took effect."""

    def __init__(self, cloud: Cloud, mortal: Mortal) -> None:
        self._cloud = cloud
        self._mortal = mortal

    async def send(self, call: Call) -> Mapping[str, Any]:
        counts = call.operation in ("TransactWriteItems", "PutItem", "GetItem", "Invoke")
        if counts:
            self._mortal.move()
        reply = await self._cloud.send(call)
        if counts:
            self._mortal.move()
        return reply


@dataclass
class OnceOnly:
    """One account with the table `orders`; `marker`: what is remembered is in a table that a marker can be written to."""

    marker: bool = True
    scene: Scene = field(default_factory=lambda: Scene(seed=7))
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.items = Mishaps(self.scene.cloud, self.scene.clock)
        self.memory = Remembered(TableMarks(STATE) if self.marker else None)
        self.scene.create_table("orders")
        self.scene.foreign("CreateTable", TableName=STATE, BillingMode="PAY_PER_REQUEST", **STATE_KEYS)
        self._runs = 0

    async def run(
        self,
        work: Work,
        run: RunRule = "once",
        *,
        cloud: Cloud | None = None,
        stop: Stop | None = None,
        journal: Journal | None = None,
        timeout: float = 1800,
    ) -> Report:
        """One run of the task."""
        self._runs += 1
        await self.scene.clock.sleep(20 if self._runs == 1 else 0)  # the table comes into being
        plans = tables(orders=table())
        world = await self.scene.world(plans)
        task = Task(COUNT, work, run, acts_on={ORDERS: "orders"}, timeout=timeout)
        shown = Call("dynamodb", "TransactWriteItems")
        step = Step(f"{COUNT}:run", COUNT, task.lane, "run", "Count.", shown, (), timeout, task=task)
        return await execute(
            Preview(plans, TARGET, Graph((step,))),
            world,
            cloud or self.items,
            self.scene.clock,
            journal or MemoryJournal(),
            Options(),
            stop=stop,
            listeners=[self.events.append],
            run=f"R{self._runs}",
            draw=self.scene.draw,
            memory=self.memory,
        )

    async def killed(self, at: int, work: Work, run: RunRule = "once") -> bool:
        """A run that dies at its `at`-th move; False where it ended before that."""
        died = False
        self.memory.mortal = Mortal(at)
        try:
            await self.run(work, run, cloud=Killed(self.items, self.memory.mortal))
        except* Dead:
            died = True
        self.memory.mortal = Mortal()
        return died

    async def counted(self, name: str = "total") -> int:
        """What a counter says, once all is done that is on its way."""
        await self.items.arrive(later=True)
        found = self.scene.foreign("GetItem", TableName="orders", Key={"id": {"S": name}})
        return int(found.get("Item", {}).get("n", {"N": "0"})["N"])

    async def later(self, seconds: float) -> None:
        await self.scene.clock.sleep(seconds)

    def error(self, report: Report) -> Mapping[str, str]:
        (step,) = report.steps
        assert step.error is not None, report
        return step.error
