"""Things that are done once: tasks, and what each sort of them does, as data."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal, Protocol

from orchestrator.model.call import Call
from orchestrator.model.late import FromLive
from orchestrator.model.place import Path, Ref

Item = Mapping[str, Any]
"""An item as DynamoDB's API has it: `{"id": {"S": "x"}}`. Inside, a string may be a Text."""
IfExists = Literal["keep", "overwrite", "fail"]
"""What becomes of an item that is there already: it stays, it is replaced, or it ends the task."""
BATCH = 25
"""Items of one request at most (BatchWriteItem, fact sheet 6.2)."""
Fill = Callable[[Any], Any]
"""Puts into nested values what is known by now of what is known only later."""
RunRule = Literal["once", "on_change", "always"]
"""How often a task is done: once for good, again when it says something else, by every run."""


class Items(Protocol):
    """Where the items of a seed come from. Their first ones are known; all are read, anew each time, by who goes through them."""

    @property
    def stated(self) -> Any:
        """What tells these items from others, as nested plain values: the items themselves, or a file's digest."""
        ...

    @property
    def number(self) -> int:
        """How many there are."""
        ...

    @property
    def file(self) -> str:
        """The file that they stand in, for people; empty where they stand in the plan."""
        ...

    def place(self, number: int) -> str:
        """Where the item stands that is the `number`-th, counted from 0: `items.csv:12`; empty where they stand in the plan."""
        ...

    @property
    def head(self) -> Sequence[Item]:
        """The first ones, up to BATCH, without reading anything."""
        ...

    def __iter__(self) -> Iterator[Item]:
        """All of them, one after the other, whatever their number: from a file, which is read (only who puts them does that).

        Raises InvalidPlan, with its place, for an item that can't be one.
        """
        ...


@dataclass(frozen=True, slots=True)
class Listed:
    """Items that stand in the plan itself."""

    items: tuple[Item, ...]

    @property
    def stated(self) -> Any:
        return list(self.items)

    @property
    def number(self) -> int:
        return len(self.items)

    @property
    def file(self) -> str:
        return ""

    def place(self, number: int) -> str:
        return ""

    @property
    def head(self) -> Sequence[Item]:
        return self.items[:BATCH]

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)


@dataclass(frozen=True, slots=True)
class Seed:
    """Put `items` into `table` (its real name)."""

    sort: ClassVar[str] = "seed"

    table: str
    items: Items
    if_exists: IfExists = "keep"

    def filled(self, fill: Fill) -> "Seed":
        return replace(self, items=Listed(fill(self.items.items))) if isinstance(self.items, Listed) else self

    @property
    def stated(self) -> Any:
        return [self.sort, self.table, self.items.stated, self.if_exists]


@dataclass(frozen=True, slots=True)
class Transaction:
    """Do all of `actions` (TransactItems, as the API has them) or none, exactly once.

    `marker`: whether the transaction also writes an item by which it can be seen to have been done; None where the plan does
    not say, so that it does where it can.
    """

    sort: ClassVar[str] = "transact"

    actions: tuple[Mapping[str, Any], ...]
    marker: bool | None = None

    def filled(self, fill: Fill) -> "Transaction":
        return replace(self, actions=fill(self.actions))

    @property
    def stated(self) -> Any:
        return [self.sort, list(self.actions)]


@dataclass(frozen=True, slots=True)
class Expectation:
    """What an invocation has to answer. `payload` (None: anything): maps are met by maps that have more in them."""

    status: int | None = None
    payload: Any = None


@dataclass(frozen=True, slots=True)
class Invocation:
    """Invoke a function by `call` (lambda:Invoke, its payload as text or Text), and compare what it answers."""

    sort: ClassVar[str] = "invoke"

    call: Call
    expect: Expectation = Expectation()

    def filled(self, fill: Fill) -> "Invocation":
        expect = replace(self.expect, payload=fill(self.expect.payload))
        return replace(self, call=replace(self.call, parameters=fill(self.call.parameters)), expect=expect)

    @property
    def stated(self) -> Any:
        return [self.sort, dict(self.call.parameters), self.expect.status, self.expect.payload]


@dataclass(frozen=True, slots=True)
class Taken:
    """Part of a value that a backfill sets: an attribute of the item itself, `${item.NAME}`."""

    attribute: str


Template = Mapping[str, Any] | tuple[str | Taken, ...]
"""What a backfill sets an attribute to: an attribute value without references, or the pieces of a string with some.

A single Taken keeps the type of what it takes.
"""


@dataclass(frozen=True, slots=True)
class Share:
    """One of several jobs that do a backfill together: the `number`-th of `of`, counted from 1."""

    number: int
    of: int


ALONE = Share(1, 1)
"""Of what one job does by itself."""


@dataclass(frozen=True, slots=True)
class Backfill:
    """Scan `table` (its real name) in `segments` parts side by side, and update each item for which `where` holds.

    `names` and `values` are the placeholders of `where`. `write_units` is the most that may be written in a second, by all
    segments together.
    """

    sort: ClassVar[str] = "backfill"

    table: str
    set: Mapping[str, Template] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    where: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    values: Item = field(default_factory=dict)
    segments: int = 1
    share: Share = ALONE
    write_units: int | None = None

    def filled(self, fill: Fill) -> "Backfill":
        return replace(
            self, set={name: _filled(template, fill) for name, template in self.set.items()}, values=fill(self.values)
        )

    @property
    def stated(self) -> Any:
        """Without how fast and by how many it is done."""
        made = {name: _stated(template) for name, template in self.set.items()}
        return [self.sort, self.table, made, list(self.remove), self.where, dict(self.names), dict(self.values)]


Work = Seed | Transaction | Invocation | Backfill
"""What a task does; `sort` is the key of the plan language that says so."""


@dataclass(frozen=True, slots=True)
class Task:
    """One task of a plan.

    `acts_on` are the tables and functions that it works on, by their real names; `needs` what must be settled, and what done,
    before it (roots, parts and other tasks). `late` are the values of it that only an observation tells, each with where it
    stands. `timeout` is in seconds.
    """

    ref: Ref
    work: Work
    run: RunRule = "once"
    needs: frozenset[Ref] = frozenset()
    acts_on: Mapping[Ref, str] = field(default_factory=dict)
    late: Mapping[FromLive, Path] = field(default_factory=dict)
    timeout: float = 1800.0

    @property
    def share(self) -> Share:
        """What of it this job does."""
        return self.work.share if isinstance(self.work, Backfill) else ALONE

    @property
    def shared(self) -> bool:
        """Whether other jobs may still be at their shares of it: what comes after it waits for them."""
        return self.share.of > 1

    @property
    def lane(self) -> str:
        """What of it is done one thing at a time, and locked: `task/orders/currencies`; of one that jobs share, the share."""
        return f"{self.key}/{self.share.number}-of-{self.share.of}" if self.shared else self.key

    @property
    def key(self) -> str:
        """What it is remembered by, with what it works on."""
        return f"task/{self.ref.plan}/{self.ref.name}"


@dataclass(frozen=True, slots=True)
class Remembered:
    """That a task was done, or a stage: what it said (a keyed digest), on which things (their identities, by name), by which
    run, and when (epoch).
    """

    digest: str
    identities: Mapping[str, str]
    run: str
    at: float


def taken(template: Template) -> Sequence[str]:
    """The attributes of the item that a value is made of."""
    return [piece.attribute for piece in template if isinstance(piece, Taken)] if isinstance(template, tuple) else []


def _filled(template: Template, fill: Fill) -> Template:
    """A value with references to the item itself holds none to anything else."""
    return template if isinstance(template, tuple) else fill(template)


def _stated(template: Template) -> Any:
    if not isinstance(template, tuple):
        return template
    return [piece if isinstance(piece, str) else {"item": piece.attribute} for piece in template]
