"""Seeds: items are put into a table, many at a time, from where the run before had come to.

`overwrite` puts them in batches, which takes back nothing and can be sent again. `keep` and `fail` put each on the condition
that none of its key is there; where one is, it may be our own, whose answer was lost or which was put just before a kill. So it
is read, and counts as ours where it is what we put. Where `fail` finds one that is not, what is under way is still brought to its
end, so that it is known of each item whose it is.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from orchestrator.engine.race import side_by_side
from orchestrator.engine.tasks.checkpoints import Checkpoints
from orchestrator.engine.tasks.doing import Job, Undone
from orchestrator.engine.tasks.flow import MOST, Flow
from orchestrator.engine.tasks.keys import in_words
from orchestrator.engine.tasks.misfits import REFUSED, misfit, named
from orchestrator.engine.tasks.pace import Pace
from orchestrator.engine.tasks.source import Numbered, Source
from orchestrator.errors import Fault
from orchestrator.kinds.task import put as requests
from orchestrator.kinds.task.sameness import comparable, same
from orchestrator.model import Call, Seed
from orchestrator.model.work import BATCH

MEND = "Mend the item, then run again: the items before it stay as they are."
EXISTS = (
    "Take it out of the seed, or state `if_exists: keep` or `overwrite`; if an earlier run of this task put it, with other "
    "attributes, delete it or state `overwrite`. Then run again."
)


async def seed(job: Job[Seed]) -> None:
    """Put all items of the job. Raises Undone where one is there that must not be, or is not taken, Fault, InvalidPlan."""
    checkpoints = Checkpoints.of(job)
    keys = [name for name, _ in job.seen(job.work.table).keys.attributes]
    await _Seeding(job, keys, await Source.of(job, keys, checkpoints)).live()


class _Seeding:
    def __init__(self, job: Job[Seed], keys: Sequence[str], source: Source) -> None:
        self._job = job
        self._table = job.work.table
        self._keys = keys
        self._source = source
        self._flow = Flow(job)
        self._pace = Pace(job, "items", source.done, job.work.items.number)

    async def live(self) -> None:
        together = self._job.work.if_exists == "overwrite"
        operation, put, most = ("BatchWriteItem", self._batch, BATCH) if together else ("PutItem", self._one, 1)
        await self._job.calls.begin(Call("dynamodb", operation, {"TableName": self._table}))
        await side_by_side({number: lambda: self._puts(put, most) for number in range(MOST)})
        await self._source.keep()
        if self._source.refused:
            raise await self._exists(min(self._source.refused, key=lambda one: one.number))
        if left := self._source.left:
            said = f"{left:,} of {self._source.done:,} items were there already and were left as they are"
            await self._job.notice(f"{self._job.step.ref}: {said}.")

    async def _puts(self, put: Callable[[Sequence[Numbered]], Awaitable[None]], most: int) -> None:
        """One of those who work side by side; how many really do is the flow's to say."""
        await self._job.run.guard.before_step()
        while taken := await self._source.take(most):
            await put(taken)
            await self._pace.tell(self._source.done)
            await self._job.run.guard.before_step()

    # ------------------------------------------------------------------------------------------------------- overwriting

    async def _batch(self, taken: Sequence[Numbered]) -> None:
        items = {one.key: one.item for one in taken}
        left, attempt = list(items), 0
        while left:
            try:
                answer = await self._flow.write(requests.batch(self._table, (items[key] for key in left)))
            except Fault as fault:
                if fault.code not in REFUSED:
                    raise
                await self._apart(taken, fault)
                return
            if left := self._unprocessed(answer.reply, left):
                attempt += 1
                await self._flow.rest(attempt)
        await self._source.finished(taken)

    async def _apart(self, taken: Sequence[Numbered], fault: Fault) -> None:
        """One of a batch was not taken, and so none was, and nobody says which: each by itself tells."""
        if len(taken) == 1:
            raise await self._misfit(taken[0], fault) from fault
        for one in taken:
            await self._batch([one])

    def _unprocessed(self, reply: Any, sent: Sequence[Any]) -> list[Any]:
        """The keys of what was not taken. Our own requests are sent again, not those of the reply, in which nothing is hidden."""
        back = [request for some in reply.get("UnprocessedItems", {}).values() for request in some]
        keys = {tuple(comparable(request["PutRequest"]["Item"][name]) for name in self._keys) for request in back}
        return [key for key in sent if key in keys] if keys <= set(sent) else list(sent)

    # ------------------------------------------------------------------------------------------------------- one by one

    async def _one(self, taken: Sequence[Numbered]) -> None:
        (one,) = taken
        while True:
            try:
                answer = await self._flow.write(requests.put(self._table, self._keys, one.item))
            except Fault as fault:
                if fault.code not in REFUSED:
                    raise
                raise await self._misfit(one, fault) from fault
            if not answer.refused:
                return await self._source.finished(taken)
            if answer.unsure or self._source.perhaps_ours(one):
                there = (await self._flow.read(requests.get(self._table, self._keys, one.item))).get("Item")
                if there is None:
                    continue  # somebody has deleted it since
                if same(there, one.item):
                    return await self._source.finished(taken)
            if self._job.work.if_exists == "fail":
                return await self._source.refuse(one)
            return await self._source.finished(taken, left=True)

    async def _exists(self, one: Numbered) -> Undone:
        key = in_words(requests.key(self._keys, one.item))
        place = ", ".join(filter(None, (f"item {one.number + 1:,} of the seed", await self._source.place(one))))
        said = f"{key} is in table {self._table} already ({place})."
        return self._job.failed("item-exists", f"An item with the key {said}", EXISTS)

    async def _misfit(self, one: Numbered, fault: Fault) -> Undone:
        place, key = await self._source.place(one), named(one.item, self._keys)
        item = f"Item {one.number + 1:,} of the seed"
        return misfit(self._job, fault, ", ".join(filter(None, (item, place, key))), MEND)
