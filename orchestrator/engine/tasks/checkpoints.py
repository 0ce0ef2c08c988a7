"""How far a task has come, kept so that the next run goes on from there.

A checkpoint holds for one doing of a task alone: the same content, on the very same things, since the task was done last. Of
another one it is as if it were not there, so that none has to be removed in time.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.engine.tasks.doing import Job
from orchestrator.ports import TaskMemory


class Checkpoints:
    """The parts of a task's memory that hold for this doing of it."""

    def __init__(self, memory: TaskMemory, doing: Mapping[str, Any]) -> None:
        self._memory = memory
        self._doing = doing

    @classmethod
    def of(cls, job: Job[Any]) -> "Checkpoints":
        since = [job.before.run, job.before.at] if job.before else []
        return cls(job.memory, {"digest": job.digest, "identities": dict(job.names), "since": since})

    async def get(self, *parts: str) -> Sequence[Mapping[str, Any] | None]:
        """What was kept under each name; None where that was for another doing."""
        found = await self._memory.get(*parts)
        return [body["reached"] if body and body["doing"] == self._doing else None for body in found]

    async def of_other_content(self, part: str) -> Mapping[str, Any] | None:
        """What was kept while the task said something else, on the very same things and since it was done last."""
        (body,) = await self._memory.get(part)
        if body is None or body["doing"] == self._doing:
            return None
        return body["reached"] if {**body["doing"], "digest": self._doing["digest"]} == self._doing else None

    async def put(self, part: str, reached: Mapping[str, Any]) -> None:
        await self._memory.put(part, {"doing": self._doing, "reached": reached})

    async def forget(self, *parts: str) -> None:
        await self._memory.forget(*parts)
