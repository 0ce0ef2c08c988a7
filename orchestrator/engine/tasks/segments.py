"""One segment of a backfill: page by page, the items of a page side by side, and a checkpoint once all of them are done.

page ──► each item: update, on the condition that it is as it was read ──► done
                      │ refused, or not answered                              ▲
                      └──► read anew ──► ours, gone, or refused as it was just read: left as it is
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.engine.pacing import backoff
from orchestrator.engine.race import side_by_side
from orchestrator.engine.tasks.bucket import Bucket
from orchestrator.engine.tasks.checkpoints import Checkpoints
from orchestrator.engine.tasks.doing import Job
from orchestrator.engine.tasks.flow import MOST, Answer, Flow
from orchestrator.engine.tasks.misfits import REFUSED, misfit, named
from orchestrator.engine.tasks.pace import Pace
from orchestrator.engine.tasks.tally import Tally
from orchestrator.errors import Fault
from orchestrator.kinds.task.sameness import same
from orchestrator.kinds.task.update import Skipped, again, applied, scan, update
from orchestrator.model import Backfill, Call
from orchestrator.model.work import Item

KEPT_EVERY = 5.0
"""Seconds between two checkpoints of a segment, at least."""
LARGEST_PAGE, SMALLEST_PAGE, PAGE_SECONDS = 1000, 25, 10
"""Items that are read at a time: what is done within so many seconds, within these. They are done anew after a kill."""
ALIKE = 0.1
"""How far one update's consumption moves what the next one is taken to consume."""
MEND = (
    "Mend the item, or leave such items out by `where` (for one with `attribute_type`, or `size`); then run again: the task goes "
    "on from where it is."
)
AT_ONCE_AT_LEAST = 4
"""Of one segment, however many there are: some wait for an item that others change all the time."""


@dataclass(slots=True)
class Shared:
    """What the segments of a backfill share. `keys` are the table's key attributes, `tally` what all have done."""

    job: Job[Backfill]
    keys: Sequence[str]
    checkpoints: Checkpoints
    flow: Flow
    bucket: Bucket | None
    pace: Pace
    tally: Tally
    units: float = 1.0
    """What an update is likely to consume."""

    @property
    def page(self) -> int:
        """How many items a page has at most."""
        work = self.job.work
        if work.write_units is None:
            return LARGEST_PAGE
        return max(SMALLEST_PAGE, min(LARGEST_PAGE, PAGE_SECONDS * work.write_units // work.segments))


def part(number: int) -> str:
    """Where the checkpoint of a segment is kept."""
    return f"segment/{number:04d}"


def standing(reached: Mapping[str, Any] | None, of: int) -> tuple[Item | None, bool, Tally]:
    """From where on a segment is to be scanned, whether it is done, and what was done of it, by its checkpoint.

    A checkpoint of a table that was cut into another number of segments says nothing of this one.
    """
    if reached is None or reached["of"] != of:
        return None, False, Tally()
    start = {name: _opened(value) for name, value in reached["start"].items()} or None
    return start, reached["done"], Tally(**reached["tally"])


class Segment:
    """Lives one segment, from `start` on; `tally` is what was done of it before."""

    def __init__(self, shared: Shared, number: int, start: Item | None, tally: Tally) -> None:
        self._shared = shared
        self._job = shared.job
        self._number = number
        self._start = start
        self._tally = tally
        self._kept_at = shared.job.run.clock.now()

    async def live(self) -> None:
        """Raises Undone where AWS takes an item's update for none, Fault."""
        shared, job = self._shared, self._job
        while True:
            await job.run.guard.before_step()
            request = scan(job.work, shared.keys, self._number, self._start) | {"Limit": shared.page}
            page = await shared.flow.read(Call("dynamodb", "Scan", request))
            items = page.get("Items", [])
            if others := page.get("ScannedCount", len(items)) - len(items):
                await self._count(Tally(scanned=others))
            await self._updated(items)
            self._start = page.get("LastEvaluatedKey")
            await self._keep()
            if not self._start:
                return

    async def _keep(self) -> None:
        """All up to here is done."""
        now, done = self._job.run.clock.now(), not self._start
        if not done and now - self._kept_at < KEPT_EVERY:
            return
        self._kept_at = now
        start = {name: _closed(value) for name, value in (self._start or {}).items()}
        reached = {"of": self._job.work.segments, "start": start, "done": done, "tally": self._tally.body}
        await self._shared.checkpoints.put(part(self._number), reached)

    async def _count(self, more: Tally) -> None:
        """An item counts once it is decided what becomes of it: a page may take a long time."""
        self._tally += more
        self._shared.tally += more
        await self._shared.pace.tell(self._shared.tally.scanned)

    async def _updated(self, items: Sequence[Item]) -> None:
        left = iter(items)

        async def work() -> None:
            for item in left:
                await self._count(Tally(scanned=1).one(await self._item(item)))

        many = max(AT_ONCE_AT_LEAST, MOST // self._job.work.segments)
        await side_by_side(dict.fromkeys(range(min(many, len(items))), work))

    # ---------------------------------------------------------------------------------------------------------- one item

    async def _item(self, item: Item) -> str:
        """Update it, and say what became of it."""
        work, keys = self._job.work, self._shared.keys
        unsure: Item | None = None  # as it was when an update went out whose outcome is unknown
        refused: Item | None = None  # as it was read anew, and refused nevertheless
        attempt = 0
        while True:
            request = update(work, keys, item)
            if isinstance(request, Skipped):
                return "alike" if request.reason == "alike" else "lacking"
            answer = await self._sent(request)
            if not (answer.refused or answer.unsure):
                return "updated"
            unsure = item if answer.unsure else unsure
            there: Item | None = (
                await self._shared.flow.read(Call("dynamodb", "GetItem", again(work, keys, item)))
            ).get("Item")
            if there is None:
                return "passed"
            if unsure is not None and applied(work, unsure, there):
                return "updated"
            # Refused as it was just read, and still the same: it is no attribute of the update that changed, but `where`.
            if answer.refused and refused is not None and same(there, refused):
                return "passed"
            item, refused = there, there
            attempt += 1
            if attempt > 1:  # somebody changes it as fast as it is read
                await self._job.run.clock.sleep(backoff(attempt, self._job.run.draw))

    async def _sent(self, request: Mapping[str, Any]) -> Answer:
        """What an update was answered. It is sent once: what came of one that was not answered shows in the item.

        Raises Undone where AWS does not take it.
        """
        shared, estimate = self._shared, self._shared.units
        if shared.bucket:
            await shared.bucket.take(estimate)
        try:
            answer = await shared.flow.write(Call("dynamodb", "UpdateItem", request), harmless=False)
        except Fault as fault:
            if fault.code in REFUSED:
                item = f"The update of the item {named(request['Key'], shared.keys)} of {self._job.work.table}"
                raise misfit(self._job, fault, item, MEND) from fault
            raise
        # A refused update consumes, too, and does not tell how much: the estimate stands.
        consumed = answer.reply.get("ConsumedCapacity", {}).get("CapacityUnits")
        if consumed is not None:
            shared.units += ALIKE * (consumed - shared.units)
            if shared.bucket:
                shared.bucket.settle(estimate, consumed)
        return answer


def _closed(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """A key's value as JSON has it."""
    ((sort, found),) = value.items()
    return {sort: b64encode(found).decode() if sort == "B" else found}


def _opened(value: Mapping[str, Any]) -> Mapping[str, Any]:
    ((sort, found),) = value.items()
    return {sort: b64decode(found) if sort == "B" else found}
