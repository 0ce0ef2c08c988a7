"""What is shown before anything is done."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from orchestrator.model.origin import Foreign
from orchestrator.model.place import Position, Ref
from orchestrator.model.plan import Plan
from orchestrator.model.sample import Sample
from orchestrator.model.step import NO_TIME, Estimate, Graph
from orchestrator.model.work import Remembered

Level = Literal["error", "warning", "notice"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a reviewer should know. `refuses` marks what `apply` must not do (exit 4) unless it is allowed."""

    level: Level
    code: str
    message: str
    action: str = ""
    ref: Ref | None = None
    where: Position | None = None
    refuses: bool = False


@dataclass(frozen=True, slots=True)
class Unmanaged:
    """Live, of a sort that the plan states, but not named by it: an index, a tag, an alias."""

    ref: Ref
    sort: str
    name: str


@dataclass(frozen=True, slots=True)
class Target:
    """Where a run works, and as whom. `endpoint` None means AWS's own; `caller` is an ARN, empty where nobody tells it.

    `credentials_end`: until when it can (seconds since the epoch), where its credentials end at a time that is known.
    """

    account: str
    region: str
    endpoint: str | None = None
    caller: str = ""
    credentials_end: float | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """Where runs and locks are kept: what `--state` named, and whether that is there. None: it could not be seen."""

    store: str
    exists: bool | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What an apply would do now: the graph, and what a reviewer should know about it.

    The steps of the graph's first wave can be made now; what later ones hold is foretold. Of a plan in stages, by its name,
    `passed` are the digests of those that are behind it, and of so many as `foretold` says it is known what they come to.
    `remembered` are the tasks that were done before.
    `called` tells of live parts that AWS knows by another name than the plan what the plan calls them. `kept` is what a
    reviewer is told, None where nobody reviews. `foreign` is what is on its way and has to be waited for, where that was looked
    into: who only previews has the time. `samples` are what was read of tables for backfills, where that was asked for.
    """

    plans: tuple[Plan, ...]
    target: Target
    graph: Graph
    findings: tuple[Finding, ...] = ()
    unmanaged: tuple[Unmanaged, ...] = ()
    estimate: Estimate = NO_TIME
    critical_path: tuple[str, ...] = ()
    called: Mapping[Ref, Ref] = field(default_factory=dict)
    passed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    foretold: Mapping[str, int] = field(default_factory=dict)
    remembered: Mapping[Ref, Remembered] = field(default_factory=dict)
    foreign: tuple[Foreign, ...] = ()
    kept: Kept | None = None
    samples: Mapping[Ref, Sample] = field(default_factory=dict)

    @property
    def unplanned(self) -> frozenset[Ref]:
        """The tables and functions of which an error stands in the way of telling any step."""
        return unplanned(self.findings)


def unplanned(findings: Iterable[Finding]) -> frozenset[Ref]:
    """What has an error finding, itself or a part of it."""
    return frozenset(finding.ref.root for finding in findings if finding.level == "error" and finding.ref)
