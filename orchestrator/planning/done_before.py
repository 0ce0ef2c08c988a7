"""Whether what is remembered of a task stands for what it says now: asked before a run, and once more while it runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.kinds import ROOTS
from orchestrator.model import Ref, Remembered, Task, Work

CHANGED = (
    "Take the change back; or state `run: on_change`, which does it again whenever it says something else; or give it another "
    "id, which makes another task of it."
)
"""What to do where a task that is done once says something else than what was done."""


@dataclass(frozen=True, slots=True)
class Due:
    """It is to be done; `again` is why, where it was done before."""

    again: str = ""


@dataclass(frozen=True, slots=True)
class Stands:
    """It was done, with this very content and on these very things."""


@dataclass(frozen=True, slots=True)
class Changed:
    """It was done, is to be done once, and says something else than `before`."""

    before: Remembered


Standing = Due | Stands | Changed


def said(task: Task, bound: Work) -> Any:
    """What a task says, as it is told from what it said before; `bound` is its work with the values that are known.

    One that is done once says by which name it calls what AWS gives out (a version, an ARN), so that another value makes no
    other task of it; one that is done on every change says the value.
    """
    return task.work.stated if task.run == "once" else bound.stated


def standing(task: Task, digest: str | None, things: Mapping[str, str] | None, before: Remembered | None) -> Standing:
    """How `task` stands.

    `digest` is that of what it says, None where that will be known only while it runs; `things` are the identities, by name, of
    what it works on, None where that is not there, or not any more.
    """
    if before is None:
        return Due()
    if task.run == "always":
        return Due("every run does it")
    if things is None or dict(things) != dict(before.identities):
        return Due(f"{' and '.join(sorted(map(str, task.acts_on)))} is made anew since")
    if digest is None:
        return Due("only while it runs will be seen whether it says something else")
    if digest == before.digest:
        return Stands()
    return Due("it says something else now") if task.run == "on_change" else Changed(before)


def changed(ref: Ref, done: str) -> str:
    """What is said of a task that is to be done once, and was `done by run R`."""
    return f"{ref} was {done} and says something else by now; it is to be done once."


def identities(task: Task, live: Mapping[Ref, Any]) -> Mapping[str, str]:
    """What tells each thing that it works on from another of its name; empty where AWS has nothing that does."""
    return {name: ROOTS[ref.section].identity(live[ref]) or "" for ref, name in sorted(task.acts_on.items())}
