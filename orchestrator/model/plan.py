"""What is wanted, and what is: plans and the world."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal

from orchestrator.model.late import Blob, FromLive
from orchestrator.model.place import Path, Position, Ref
from orchestrator.model.work import Task


@dataclass(frozen=True, slots=True)
class Policy:
    """The plan's `policy`: `deadline` in seconds, None for none."""

    destructive: bool = False
    backup_before_delete: bool = True
    deadline: int | None = None


@dataclass(frozen=True, slots=True)
class Declared:
    """One table or function of a plan: its real `name`, the kind's Spec (or `Absent`), and what must be settled first.

    `needs` holds what its references and `after` name (roots or parts), without itself and its own parts; `needed_by` says
    which of its parts alone name one of these. `blobs` holds the contents of files that the spec names, by field (`code`),
    and `late` the attributes of others that its references name and that only an observation can tell, each with the first
    place of the plan where it stands.
    """

    ref: Ref
    name: str
    spec: Any
    needs: frozenset[Ref] = frozenset()
    blobs: Mapping[str, Blob] = field(default_factory=dict)
    late: Mapping[FromLive, Path] = field(default_factory=dict)
    needed_by: Mapping[Ref, frozenset[Ref]] = field(default_factory=dict)

    def waits(self, about: Set[Ref], need: Ref) -> bool:
        """Whether what is `about` these things of its own has to wait for `need`."""
        return need not in self.needed_by or not about.isdisjoint(self.needed_by[need])


@dataclass(frozen=True, slots=True)
class Plan:
    """One validated plan file, variables filled in. `positions` knows where each path stands; `digest` is of the file's bytes.

    Of a plan in stages, `stages` are the plans that it is to be one after the other, each by its own name in `stage` and with all
    that those before it say; the plan itself says what the last one does.
    """

    name: str
    file: str
    digest: str
    resources: tuple[Declared, ...]
    policy: Policy = Policy()
    description: str = ""
    requires: tuple[str, ...] = ()
    account: str | None = None
    region: str | None = None
    positions: Mapping[tuple[str | int, ...], Position] = field(default_factory=dict)
    tasks: tuple[Task, ...] = ()
    stage: str | None = None
    stages: tuple["Plan", ...] = ()

    @property
    def items(self) -> Sequence[Declared | Task]:
        """All that it declares, in the order written."""
        return (*self.resources, *self.tasks)

    @property
    def all_tasks(self) -> Sequence[Task]:
        """The tasks of all stages, each as the last one that has it says: a later stage may have none of it any more."""
        return tuple({task.ref: task for part in (*self.stages, self) for task in part.tasks}.values())

    @property
    def all_items(self) -> Sequence[Declared | Task]:
        """All that any of its stages declares, by the last word on each."""
        return (*self.resources, *self.all_tasks)

    def where(self, path: Sequence[str | int]) -> Position | None:
        """The position of `path`, else of the nearest thing around it."""
        for length in range(len(path), -1, -1):
            if position := self.positions.get(tuple(path[:length])):
                return position
        return None


World = Mapping[Ref, Any]
"""Live state by the Ref of each table and function: the kind's own frozen Live, or None where the thing is absent."""


class _Unread(Enum):
    UNREAD = "unread"

    def __repr__(self) -> str:
        return "UNREAD"


UNREAD = _Unread.UNREAD
"""An aspect of a Live that this observation did not ask for."""
Unread = Literal[_Unread.UNREAD]
