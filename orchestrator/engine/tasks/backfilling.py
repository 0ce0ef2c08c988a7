"""Backfills: the segments of a table side by side, each from where the run before had come to; several jobs may share them.

A job that has done its share keeps that. Who finds that all shares are done has done the task; who does not ends well, and what
needs the task waits for the others.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

from orchestrator.engine.ending import Partly
from orchestrator.engine.race import side_by_side
from orchestrator.engine.tasks.bucket import Bucket
from orchestrator.engine.tasks.checkpoints import Checkpoints
from orchestrator.engine.tasks.doing import Job, Undone
from orchestrator.engine.tasks.flow import Flow
from orchestrator.engine.tasks.pace import Pace
from orchestrator.engine.tasks.segments import Segment, Shared, part, standing
from orchestrator.engine.tasks.tally import Tally
from orchestrator.kinds.task.update import segments
from orchestrator.model import Backfill, Call, Share

SIDE_BY_SIDE = 32
"""Segments that are scanned at once."""


async def backfill(job: Job[Backfill]) -> None:
    """Do this job's share. Raises Undone where others have not done theirs yet, Fault."""
    checkpoints, share = Checkpoints.of(job), job.work.share
    done = await _shares(job, checkpoints)
    if share.number not in done:
        done |= {share.number: await _scanned(job, checkpoints)}
        await checkpoints.put(_part(share), {"segments": job.work.segments, "tally": done[share.number].body})
        await checkpoints.forget(*(part(number) for number in segments(job.work)))
        # Another may have ended at the same moment: whoever looks last sees all.
        done = await _shares(job, checkpoints)
    await job.notice(f"{job.step.ref}{_named(share)}: {done[share.number].sentence}.")
    if left := [number for number in range(1, share.of + 1) if number not in done]:
        said = ", ".join(f"{number}/{share.of}" for number in left)
        await job.notice(f"{job.step.ref}: still to be done by other jobs, or by `--shard`: {said}.")
        raise Undone(Partly(job.run.clock.now() - job.progress.started, said))


async def _shares(job: Job[Backfill], checkpoints: Checkpoints) -> dict[int, Tally]:
    """The shares that are done, of as many and of as many segments."""
    numbers = range(1, job.work.share.of + 1)
    found = await checkpoints.get(*(_part(replace(job.work.share, number=number)) for number in numbers))
    return {
        number: Tally(**reached["tally"])
        for number, reached in zip(numbers, found, strict=True)
        if reached and reached["segments"] == job.work.segments
    }


async def _scanned(job: Job[Backfill], checkpoints: Checkpoints) -> Tally:
    """Do all segments of the share; what became of their items."""
    work, table = job.work, job.seen(job.work.table)
    numbers = segments(work)
    found = dict(zip(numbers, await checkpoints.get(*map(part, numbers)), strict=True))
    before = {number: standing(reached, work.segments) for number, reached in found.items()}
    tally = sum((done for _, _, done in before.values()), Tally())
    # The limit is the task's: jobs that share it know nothing of each other's consumption, so that each keeps to a part of it.
    bucket = Bucket(job.run.clock, work.write_units / work.share.of) if work.write_units else None
    pace = Pace(job, "items scanned", tally.scanned, table.item_count // work.share.of, about=True)
    keys = [name for name, _ in table.keys.attributes]
    shared = Shared(job, keys, checkpoints, Flow(job), bucket, pace, tally)
    await job.calls.begin(Call("dynamodb", "UpdateItem", {"TableName": work.table}))
    left = ((number, start, was) for number, (start, done, was) in before.items() if not done)
    await side_by_side({number: partial(_some, shared, left) for number in range(min(SIDE_BY_SIDE, len(numbers)))})
    return shared.tally


async def _some(shared: Shared, left: "Iterator[tuple[int, Mapping[str, object] | None, Tally]]") -> None:
    for number, start, tally in left:
        await Segment(shared, number, start, tally).live()


def _part(share: Share) -> str:
    return f"share/{share.number}-of-{share.of}"


def _named(share: Share) -> str:
    return f" (share {share.number}/{share.of})" if share.of > 1 else ""
