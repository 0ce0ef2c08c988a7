"""The rows of the state store as values, and back: runs, heartbeats, wishes, locks."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from orchestrator.model import Beat, Key, PlanMark, Progress, Row, RunRecord

RUNS, LOCKS, META = "runs", "locks", "meta"
KEPT_SECONDS = 90 * 86_400.0
"""How long a run is remembered after its last heartbeat."""
REMEMBERED = 50
"""So many plans of a resource, and versions of each."""
OF_ROW = ("id", "version")
"""What of a RunRecord its row tells beside its body."""


def run_key(run: str) -> Key:
    """Where the run itself is; its version changes only at takeover, release and end, so that every write can rest on it."""
    return Key(RUNS, run)


def beat_key(run: str) -> Key:
    return Key(f"run/{run}", "beat")


def wish_key(run: str) -> Key:
    return Key(f"run/{run}", "wish")


def event_key(run: str, number: int) -> Key:
    """Events sort by their number."""
    return Key(f"run/{run}", f"event/{number:08}")


def lock_key(resource: str) -> Key:
    return Key(LOCKS, resource)


def run_of(row: Row) -> RunRecord:
    body = dict(row.body)
    plans, resources = tuple(PlanMark(**one) for one in body.pop("plans")), tuple(body.pop("resources"))
    return RunRecord(row.key.sort, plans, resources, version=row.version, **body)


def run_body(run: RunRecord) -> Mapping[str, Any]:
    return {name: value for name, value in asdict(run).items() if name not in OF_ROW}


def beat_of(row: Row) -> Beat:
    return Beat(row.body["at"], Progress(**row.body["progress"]), row.body["paused"], row.version)


def beat_body(beat: Beat) -> Mapping[str, Any]:
    return {"at": beat.at, "progress": asdict(beat.progress), "paused": beat.paused}


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a plan, by its name, states for one resource: a keyed digest."""

    plan: str
    digest: str


@dataclass(frozen=True, slots=True)
class LockRecord:
    """The lock of one resource: the run that took it last, how often it changed hands, and what plans stated.

    `lines` holds of each plan, by name, the digests of what its versions declared for the resource, the oldest first. Plans of
    several names may each state a part of one resource: none of them is a version of another one.
    """

    resource: str
    run: str
    epoch: int
    lines: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    version: str | None = None
    """The row's; None where there is none yet."""

    @classmethod
    def of(cls, resource: str, row: Row | None) -> "LockRecord":
        if row is None:
            return cls(resource, "", 0)
        lines = {plan: tuple(line) for plan, line in row.body["lines"].items()}
        return cls(resource, row.body["run"], row.body["epoch"], lines, row.version)

    @property
    def body(self) -> Mapping[str, Any]:
        return {"run": self.run, "epoch": self.epoch, "lines": {plan: list(line) for plan, line in self.lines.items()}}

    def taken(self, run: str) -> "LockRecord":
        return replace(self, run=run, epoch=self.epoch + 1)

    def outdates(self, stated: Declaration) -> bool:
        """Whether another version of the same plan has been run since the one that states this."""
        line = self.lines.get(stated.plan, ())
        return stated.digest in line and stated.digest != line[-1]

    def after(self, stated: Declaration, *, anew: bool) -> "LockRecord":
        """The same with this as the last of its plan's line; as it is where this is outdated and does not count as new `anew`."""
        if self.outdates(stated) and not anew:
            return self
        before = [one for one in self.lines.get(stated.plan, ()) if one != stated.digest]
        others = [(plan, line) for plan, line in self.lines.items() if plan != stated.plan]
        line = (*before, stated.digest)[-REMEMBERED:]
        return replace(self, lines=dict([*others, (stated.plan, line)][-REMEMBERED:]))
