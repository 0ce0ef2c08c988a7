"""The tables of one account and region as time passes: what falls due, what reads still hide, what stands beside a table."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from orchestrator.sandbox.rules.dynamodb.items.shelf import Shelf
from orchestrator.sandbox.rules.dynamodb.state import Table
from orchestrator.sandbox.rules.ground import Ground
from orchestrator.sandbox.rules.lagging import Lagging
from orchestrator.sandbox.rules.timeline import Interval

Turn = Callable[[Table], Table | None]
"""What a table becomes when something falls due; None where it is gone."""


@dataclass(frozen=True, slots=True)
class TimeToLive:
    """The last change of TTL: under way until `settles`. `changed` None means that there never was one."""

    attribute: str | None = None
    changed: float | None = None
    settles: float = 0


@dataclass(frozen=True, slots=True)
class Recovery:
    """Point-in-time recovery: not to be had before `available`, other calls are disturbed until `disturbs`."""

    available: float
    enabled: bool = False
    days: int = 35
    since: float = 0
    disturbs: float = 0


@dataclass(frozen=True, slots=True)
class Passage:
    """From one status to the next: `during` until `settles`, `after` from then on."""

    during: str
    after: str
    settles: float

    def status(self, now: float) -> str:
        return self.during if now < self.settles else self.after


@dataclass(frozen=True, slots=True)
class Destination:
    """A Kinesis data stream that the table's changes go to. `precision` None: never stated, which means milliseconds.

    `failure` says why it ends in ENABLE_FAILED, where it does.
    """

    stream: str
    passage: Passage
    precision: str | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Insights:
    """Contributor Insights of the table or of one index. `made` tells an index from an earlier one of its name.

    `failure` is the name and description of the exception that ends it in FAILED, where one does.
    """

    made: float
    mode: str
    passage: Passage
    changed: float
    failure: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """What the last effective write left: the document (None: it took it away), its revision, and when that was."""

    document: str | None
    revision: str | None
    changed: float


@dataclass
class Record:
    """One table with what happens to it. A table that is deleted and made anew has a new record."""

    table: Table
    recovery: Recovery
    ttl: TimeToLive = field(default_factory=TimeToLive)
    items: Shelf = field(default_factory=Shelf)
    tags: Lagging[Mapping[str, str]] = field(default_factory=lambda: Lagging({}))
    destinations: dict[str, Destination] = field(default_factory=dict)
    """By the ARN of the Kinesis stream, in the order in which they were enabled first."""
    insights: dict[str | None, Insights] = field(default_factory=dict)
    """By index; None for the table itself."""
    policies: dict[str, Lagging[Policy]] = field(default_factory=dict)
    """By the ARN of the table or of its stream."""
    index_work: dict[str, Interval] = field(default_factory=dict)
    """The timeline's interval in which each index is being created."""
    hidden: Table | None = None
    """What stale reads still show; None for no table at all."""
    hidden_reads: int = 0
    hidden_until: float = 0
    gone: float | None = None
    """When the table ceased to be."""
    due: list[tuple[float, int, Turn]] = field(default_factory=list)
    _number: Iterator[int] = field(default_factory=itertools.count)

    def later(self, at: float, turn: Turn) -> None:
        """Let the table turn into something else at `at`."""
        self.due.append((at, next(self._number), turn))
        self.due.sort(key=lambda item: item[:2])

    def settle(self, now: float) -> bool:
        """Let everything happen that is due; False once the table is gone."""
        while self.due and self.due[0][0] <= now:
            at, _, turn = self.due.pop(0)
            table = turn(self.table)
            if table is None:
                self.gone = at
                return False
            self.table = table
        return True

    def change(self, table: Table, before: Table | None, ground: Ground, now: float) -> None:
        """Set the table to `table`; the next reads may still show `before` (fact sheet, section 7)."""
        draws = ground.draws("stale", table.id, next(self._number))
        self.table, self.hidden = table, before
        self.hidden_reads = draws.randint(0, ground.staleness.reads)
        self.hidden_until = now + ground.staleness.seconds

    def seen(self, now: float) -> Table | None:
        """What a describe shows now; it counts as a read."""
        if self.hidden_reads > 0 and now < self.hidden_until:
            self.hidden_reads -= 1
            return self.hidden
        self.hidden_reads = 0
        return self.table

    def listed(self, now: float) -> bool:
        """Whether ListTables knows the table already. No read is counted: the list lags by time alone."""
        return not (self.hidden is None and self.hidden_reads > 0 and now < self.hidden_until)

    def retag(self, tags: Mapping[str, str], ground: Ground, now: float) -> None:
        """Set the tags; reads show them some seconds later, never before those that were set earlier."""
        self.tags.change(tags, now + self.lag("tags", ground))

    def lag(self, purpose: str, ground: Ground) -> float:
        """How many seconds the next change of something beside the table stays unseen."""
        return ground.draws(purpose, self.table.id, next(self._number)).uniform(0, ground.staleness.tags)


class Records:
    """All tables by name. Every access first lets happen what is due."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self._records: dict[str, Record] = {}
        self._made = 0
        self.failing: dict[str, str] = {}
        """Names of tables whose next replica here does not come about, and why."""
        self.deleted: list[tuple[Table, float]] = []
        """The tables with streams that are gone, and since when: their streams stay a while (fact sheet, section 5)."""

    def get(self, name: str, now: float) -> Record | None:
        record = self._records.get(name)
        if record is None or record.settle(now):
            return record
        del self._records[name]
        if record.gone is not None and record.table.streams:
            self.deleted.append((record.table, record.gone))
        return None

    def add(self, record: Record) -> None:
        self._records[record.table.name] = record

    def fresh_id(self, name: str) -> str:
        """The TableId of the next table to be made under any name."""
        self._made += 1
        return self.ground.uuid("table", name, self._made)

    def all(self, now: float) -> list[Record]:
        """By name."""
        records = (self.get(name, now) for name in sorted(self._records))
        return [record for record in records if record is not None]

    def in_flight(self, now: float) -> int:
        return sum(record.table.in_flight for record in self.all(now))

    def indexed_creating(self, now: float) -> int:
        return sum(bool(r.table.indexes) and r.table.status == "CREATING" for r in self.all(now))
