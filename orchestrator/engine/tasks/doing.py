"""What a task's own module is given, and what it gives back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from orchestrator.engine.ending import Ending, Failure
from orchestrator.engine.news import News
from orchestrator.engine.run import Run
from orchestrator.engine.settle import Progress
from orchestrator.engine.tasks.calls import Calls
from orchestrator.errors import Fault
from orchestrator.model import Ref, Remembered, Step, Task
from orchestrator.planning.done_before import CHANGED, changed
from orchestrator.ports import TaskMemory

W = TypeVar("W")


class Undone(Exception):
    """The task did not come to its end: `ending` says how it stands."""

    def __init__(self, ending: Ending) -> None:
        self.ending = ending
        super().__init__(str(ending))


@dataclass
class Job(Generic[W]):
    """One task at work. `work` has every value put in; `live` is what it works on, as seen last; `digest` is that of what it
    says, `names` are the real names of what it works on with their identities; `before` is how it was done last.
    """

    run: Run
    step: Step
    task: Task
    work: W
    memory: TaskMemory
    calls: Calls
    progress: Progress
    digest: str
    names: Mapping[str, str]
    live: Mapping[Ref, Any]
    before: Remembered | None

    def __post_init__(self) -> None:
        self._news = News()

    def seen(self, name: str) -> Any:
        """The live state of what it works on by its real name."""
        return next(self.live[ref] for ref, real in self.task.acts_on.items() if real == name)

    async def tell(self, status: str, percent: float | None = None, why: str = "", **facts: Any) -> None:
        """Say how far it has come (`4,200 of 100,000 items`), and how it goes on, where that is worth telling by now."""
        now = self.run.clock.now()
        self.progress.status, self.progress.since = status, self.progress.since or now
        if not self._news.worth_telling(self.step.id, status, now):
            return
        told = {
            "status": status,
            "seconds": now - self.progress.started,
            "reason": why or "until the task is done",
            **facts,
        }
        if percent is not None:
            told["progress"] = percent
        await self.run.recorder.record(self.step.id, "waiting", **told)

    async def remember(self, digest: str, run: str) -> None:
        """Keep that the task is done: what it said (its digest), and by which run."""
        await self.memory.remember(Remembered(digest, self.names, run, self.run.clock.now()))

    def was_done_by(self, run: str) -> bool:
        """Whether it is remembered that `run` has done it."""
        return self.before is not None and self.before.run == run

    def changed(self, run: str) -> Undone:
        """That it was done by `run`, for good, and says something else by now."""
        return self.failed("task-changed", changed(self.step.ref, f"done by run {run}"), CHANGED)

    async def notice(self, message: str) -> None:
        """Say something that the report tells, too."""
        await self.run.recorder.record(self.step.id, "notice", message=message)

    def failed(self, code: str, message: str, action: str, fault: Fault | None = None) -> Undone:
        """That it can't go on, in one sentence, and what to do in another."""
        where = f"{self.step.ref} ({fault.title})" if fault else str(self.step.ref)
        seconds = self.run.clock.now() - self.progress.started
        return Undone(Failure(code, message, action, where, seconds=seconds))
