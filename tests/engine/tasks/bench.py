"""One task at a time on one table, run by the real engine; runs may be killed, and what they remember is kept as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from orchestrator.engine.forgetful import Forgetful
from orchestrator.model import Backfill, Call, Graph, Item, Ref, Remembered, Report, RunRule, Seed, Step, Task, Work
from orchestrator.ports import Guard, Marks, TaskMemory
from tests.engine.scene import ORDERS, Scene, tables
from tests.engine.scene import table as body
from tests.engine.tasks.shelf import Killed, Shelf

OPERATIONS: Mapping[type[Work], str] = {Seed: "PutItem", Backfill: "UpdateItem"}


class InJson:
    """A Memory that keeps what a store would."""

    def __init__(self) -> None:
        self.parts: dict[str, str] = {}
        self.writes = 0
        self._digests = Forgetful()

    def of(self, task: Task) -> TaskMemory:
        self._digest = self._digests.of(task).digest
        return self

    async def done(self) -> Remembered | None:
        (body,) = await self.get("done")
        return Remembered(**body) if body else None

    async def remember(self, done: Remembered) -> None:
        await self.put("done", asdict(done))

    async def get(self, *parts: str) -> Sequence[Mapping[str, Any] | None]:
        return [json.loads(self.parts[part]) if part in self.parts else None for part in parts]

    async def put(self, part: str, body: Mapping[str, Any]) -> None:
        self.writes += 1
        self.parts[part] = json.dumps(body)

    async def forget(self, *parts: str) -> None:
        for part in parts:
            self.parts.pop(part, None)

    def digest(self, stated: Any) -> str:
        return self._digest(stated)

    @property
    def marks(self) -> Marks | None:
        return None


@dataclass
class Bench:
    """The table `orders` with the partition key `id`, and what is in it."""

    scene: Scene = field(default_factory=Scene)
    memory: InJson = field(default_factory=InJson)
    guard: Guard | None = None

    def __post_init__(self) -> None:
        self.shelf = Shelf(self.scene.cloud, self.scene.clock)

    @property
    def items(self) -> dict[str, dict[str, Any]]:
        return self.shelf.items

    async def run(self, work: Work, *, rule: RunRule = "once", then: bool = False, timeout: float = 1e6) -> Report:
        """One run of it; `then`: a step that needs it comes after it."""
        plans = tables(orders=body())
        if not self.scene.account.timeline.served:
            await self.scene.settled(plans)
        task = Task(Ref("shop", ("tasks", "job")), work, rule, frozenset({ORDERS}), {ORDERS: "orders"}, timeout=timeout)
        call = Call("dynamodb", OPERATIONS[type(work)], {"TableName": "orders"})
        step = Step("tasks.job/run", task.ref, task.lane, "run", "do it", call, (), timeout, task=task)
        after = replace(step, id="tasks.job/then", needs=(step.id,), lane="other", call=None)
        preview, world = await self.scene.preview(plans)
        steps = (step, after) if then else (step,)
        return await self.scene.execute(
            replace(preview, graph=Graph(steps)),
            world,
            cloud=self.shelf,
            memory=self.memory,
            guard=self.guard,
        )

    async def killed(self, work: Work, at: int, **more: Any) -> bool:
        """Run it, and die at the `at`-th call for items; False where it ended before."""
        self.shelf.killed_at, died = at, False
        try:
            await self.run(work, **more)
        except* Killed:
            died = True
        finally:
            self.shelf.killed_at = None
            self.shelf.out = 0
        return died


def item(key: int | str, **attributes: str | int) -> dict[str, Any]:
    """Strings and numbers."""
    values = {name: {"S": value} if isinstance(value, str) else {"N": str(value)} for name, value in attributes.items()}
    return {"id": {"S": f"{key:07d}" if isinstance(key, int) else key}, **values}


def many(number: int, **attributes: str | int) -> tuple[Item, ...]:
    return tuple(item(one, **attributes) for one in range(number))
