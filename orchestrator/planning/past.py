"""What is remembered from earlier runs, as far as plans are compiled by it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from orchestrator.model import Ref, Remembered, Work
from orchestrator.ports import Marks


@dataclass(frozen=True, slots=True)
class Past:
    """The tasks and stages that are done: tasks by their ref, stages as digests by the plan's name.

    `key` is that of the digests. `kept`: whether what is done will be remembered. `marks`: where a transaction can write that
    it was done; None where it can't. `at_once` are the tasks that this run itself has done, or is foretold to have done, with
    their work, however often they are to be.
    """

    key: bytes = b""
    tasks: Mapping[Ref, Remembered] = field(default_factory=dict)
    stages: Mapping[str, Sequence[str]] = field(default_factory=dict)
    kept: bool = True
    marks: Marks | None = None
    at_once: Mapping[Ref, Work] = field(default_factory=dict)

    def after(self, tasks: Mapping[Ref, Work]) -> "Past":
        """Once the same run has done these tasks, with their work."""
        return replace(self, at_once={**self.at_once, **tasks})


NOTHING = Past()
