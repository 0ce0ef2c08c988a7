"""The nouns: frozen values that every layer passes on, none of which does anything.

A plan (what is wanted) and a world (what is) become changes, the changes become calls inside steps, the steps a graph;
running the graph makes events, and the events fold into a report.
"""

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any, Literal

# ------------------------------------------------------------------------------------------------ where things stand


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a plan file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """The logical name of one declared thing: the plan's name and a path such as ("tables", "orders", "indexes", "by_day").

    Sections (even places) and names (odd places) alternate, so the last section tells the kind and the first two
    elements name the root: the table or function whose lane the thing belongs to.
    """

    plan: str
    path: tuple[str, ...]

    @property
    def section(self) -> str:
        return self.path[-2]

    @property
    def name(self) -> str:
        return self.path[-1]

    @property
    def root(self) -> "Ref":
        return Ref(self.plan, self.path[:2])

    def child(self, section: str, name: str) -> "Ref":
        return Ref(self.plan, (*self.path, section, name))

    def __str__(self) -> str:
        return dotted(self.path)


def dotted(path: Sequence[str | int]) -> str:
    """A path as the plan language writes it: dots between elements, brackets and quotes around one that has a dot itself."""
    out = ""
    for element in path:
        if isinstance(element, int):
            out += f"[{element}]"
        elif "." in element:
            out += f'["{element}"]'
        else:
            out += f".{element}" if out else element
    return out


# ------------------------------------------------------------------------------------------------ values known later


@dataclass(frozen=True, slots=True)
class FromLive:
    """A value that is known once `ref` has been observed: its `arn`, `stream_arn`, `version`, …"""

    ref: Ref
    field: str


@dataclass(frozen=True, slots=True)
class FromRun:
    """A value that belongs to the run itself (`id`), known when it starts."""

    field: str


@dataclass(frozen=True, slots=True)
class Text:
    """A string that is not a plain one: some parts are known only later, or it must never be shown (`hidden`)."""

    parts: tuple[str | FromLive | FromRun, ...]
    hidden: bool = False

    def __repr__(self) -> str:
        return "Text(hidden)" if self.hidden else f"Text({self.parts!r})"

    @property
    def unknown(self) -> tuple[FromLive | FromRun, ...]:
        return tuple(part for part in self.parts if not isinstance(part, str))

    def resolved(self, lookup: Callable[[FromLive | FromRun], str | None]) -> "str | Text":
        """Put in what `lookup` knows; what it answers None for stays. A whole, visible text comes back as str."""
        parts: list[str | FromLive | FromRun] = []
        for part in self.parts:
            value = part if isinstance(part, str) else lookup(part)
            if value is None:
                parts.append(part)
            elif parts and isinstance(parts[-1], str):
                parts[-1] += value
            else:
                parts.append(value)
        if self.hidden or not all(isinstance(part, str) for part in parts):
            return Text(tuple(parts), self.hidden)
        return "".join(part for part in parts if isinstance(part, str))

    def reveal(self) -> str:
        """The plain string; ValueError while a part is unknown."""
        if self.unknown:
            raise ValueError(f"not known yet: {self.unknown}")
        return "".join(part for part in self.parts if isinstance(part, str))


def hide(value: "str | Text") -> Text:
    """The same text, never to be shown."""
    return Text((value,), hidden=True) if isinstance(value, str) else Text(value.parts, hidden=True)


@dataclass(frozen=True)
class Blob:
    """Bytes that are sent but never shown: a function's zip. Compared and shown by digest."""

    data: bytes = field(repr=False, compare=False)

    @cached_property
    def sha256(self) -> str:
        """Base64 of the SHA-256, as Lambda's CodeSha256 has it (fact sheet, section 13)."""
        return base64.b64encode(hashlib.sha256(self.data).digest()).decode()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Blob) and self.sha256 == other.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)


def walk(value: Any) -> Iterator[Any]:
    """Every leaf of nested mappings and sequences."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from walk(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from walk(inner)
    else:
        yield value


def bind(value: Any, lookup: Callable[[FromLive | FromRun], str | None]) -> Any:
    """The same nested value with every Text resolved as far as `lookup` knows."""
    if isinstance(value, Text):
        return value.resolved(lookup)
    if isinstance(value, Mapping):
        return {key: bind(inner, lookup) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(bind(inner, lookup) for inner in value)
    return value


def reveal(value: Any) -> Any:
    """The plain parameters that go on the wire: hidden texts opened, blobs as bytes. ValueError while one is unknown."""
    if isinstance(value, Text):
        return value.reveal()
    if isinstance(value, Blob):
        return value.data
    if isinstance(value, Mapping):
        return {key: reveal(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [reveal(inner) for inner in value]
    return value


# ------------------------------------------------------------------------------------------------------ what is wanted


@dataclass(frozen=True, slots=True)
class Policy:
    """The plan's `policy`: `deadline` in seconds, None for none."""

    destructive: bool = False
    backup_before_delete: bool = True
    deadline: int | None = None


@dataclass(frozen=True, slots=True)
class Declared:
    """One table or function of a plan: its real `name`, the kind's Spec (or `Absent`), and what must be settled first.

    `needs` holds what its references and `after` name (roots or parts), without itself and its own parts. `blobs` holds the
    contents of files that the spec names, by field (`code`).
    """

    ref: Ref
    name: str
    spec: Any
    needs: frozenset[Ref] = frozenset()
    blobs: Mapping[str, Blob] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """One validated plan file, variables filled in. `positions` knows where each path stands; `digest` is of the file's bytes."""

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


# ------------------------------------------------------------------------------------------------------ what is to do

Effect = Literal["create", "update", "replace", "delete"]
Action = Literal["create", "update", "delete", "wait", "run"]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: `field` of `ref` (empty for the thing as a whole), before and after."""

    ref: Ref
    field: str
    before: Any
    after: Any
    effect: Effect


@dataclass(frozen=True, slots=True)
class Call:
    """One API request as data. Parameters are the API's own; a leaf may be a Text known only later, or a Blob."""

    service: str
    operation: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def api(self) -> str:
        return f"{self.service}:{self.operation}"


class Scope(Enum):
    """How much of a resource must be settled before and after a step (architecture, rule 4).

    WHOLE: a table with every index and replica, a function with its newest version, and neither of them failed.
    SELF: TableStatus alone, for operations other than UpdateTable and DeleteTable. For a function: that nothing moves; a
    failed one is settled too, for operations that neither mend nor mind that (deletion, tags, concurrency, fixed aliases).
    """

    WHOLE = "whole"
    SELF = "self"


@dataclass(frozen=True, slots=True)
class Settled:
    """Nothing moves."""


@dataclass(frozen=True, slots=True)
class Pending:
    """Something moves: `status` in AWS's words (`index by_day CREATING, backfilling`), progress in percent."""

    status: str
    progress: float | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """It will not settle by itself: AWS's reason and code.

    `recoverable` says that the next update overwrites this (a function whose last update failed, fact sheet 11.2): found
    before a call it does not stand in the way and ends a wait, found after a call it is that call's failure.
    """

    reason: str
    code: str = ""
    recoverable: bool = False


Verdict = Settled | Pending | Broken


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds."""

    low: float
    likely: float
    high: float

    def __add__(self, other: "Estimate") -> "Estimate":
        return Estimate(self.low + other.low, self.likely + other.likely, self.high + other.high)


NO_TIME = Estimate(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Step:
    """One move on one lane: at most one mutating call, then the wait until its goal is visible and all is settled.

    The goal is that every Change in `because` is reached. `reads` names the aspects an observation must include to see
    that. `call` None means only to wait. `identity` is the TableId planned against, None where there is none or where
    an earlier step makes the thing anew. `deadline` is in seconds from the step's start. `probes` are
    read-only calls that must succeed once the step is settled (a query of a new index).
    """

    id: str
    ref: Ref
    lane: str
    action: Action
    summary: str
    call: Call | None
    because: tuple[Change, ...]
    deadline: float
    needs: tuple[str, ...] = ()
    reads: frozenset[str] = frozenset()
    scope: Scope = Scope.WHOLE
    destructive: bool = False
    identity: str | None = None
    probes: tuple[Call, ...] = ()
    estimate: Estimate = NO_TIME
    stage: str | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """Steps in one stable order in which no step stands before one that it needs."""

    steps: tuple[Step, ...] = ()

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)


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
    """Where a run works. `endpoint` None means AWS's own."""

    account: str
    region: str
    endpoint: str | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What an apply would do now: the graph, and what a reviewer should know about it."""

    plans: tuple[Plan, ...]
    target: Target
    graph: Graph
    findings: tuple[Finding, ...] = ()
    unmanaged: tuple[Unmanaged, ...] = ()
    estimate: Estimate = NO_TIME
    critical_path: tuple[str, ...] = ()


# ------------------------------------------------------------------------------------------------------ what happened

What = Literal[
    "found",
    "intent",
    "sent",
    "retrying",
    "waiting",
    "settled",
    "already_in_place",
    "in_progress",
    "failed",
    "outdated",
    "not_run",
    "notice",
    "finished",
]


@dataclass(frozen=True, slots=True)
class Event:
    """One fact of a run: `at` is in seconds since the epoch, by the Clock. `details` are facts, never secrets.

    `step` is empty where the fact is not one step's: what was found before the first (`found`), the run's end (`finished`).
    """

    at: float
    run: str
    step: str
    what: What
    details: Mapping[str, Any] = field(default_factory=dict)


StepOutcome = Literal["done", "already_in_place", "in_progress", "failed", "not_run"]
Outcome = Literal[
    "succeeded", "nothing_to_do", "in_progress", "failed", "interrupted", "refused", "locked", "invalid", "unreachable"
]


@dataclass(frozen=True, slots=True)
class StepReport:
    """How one step ended. `retries` counts by (code, treatment); `error` is {code, message, action, where}."""

    id: str
    outcome: StepOutcome
    attempts: int = 0
    retries: tuple[tuple[str, str, int], ...] = ()
    started: float | None = None
    finished: float | None = None
    issued_seconds: float | None = None
    settling_seconds: float | None = None
    error: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class StillRunning:
    """What AWS still works on after the run has ended."""

    ref: Ref
    status: str
    since: float


@dataclass(frozen=True, slots=True)
class Report:
    """One outcome per step, without exception."""

    run: str
    exit_code: int
    outcome: Outcome
    started: float
    finished: float
    steps: tuple[StepReport, ...] = ()
    still_running: tuple[StillRunning, ...] = ()
    queued: tuple[str, ...] = ()
    calls: Mapping[str, int] = field(default_factory=dict)
    notices: tuple[str, ...] = ()


# ----------------------------------------------------------------------------------------------------- where things are

State = Literal["in_place", "pending_change", "in_transition", "broken"]


@dataclass(frozen=True, slots=True)
class StatusLine:
    """Where one table, index, function or alias stands; `parts` are what it holds.

    `detail` says it in AWS's words (`index by_day CREATING, backfilling`) or names what is to change. `since` is in seconds
    since the epoch: when it was first seen in transition, None where that is not known.
    """

    ref: Ref
    state: State
    detail: str = ""
    since: float | None = None
    parts: tuple["StatusLine", ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """Where everything stands that the plans name."""

    target: Target
    lines: tuple[StatusLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Waited:
    """How waiting ended, and where everything stood at the last look (nothing, where it was cut off before)."""

    exit_code: int
    outcome: Outcome
    target: Target
    lines: tuple[StatusLine, ...] = ()

    @property
    def pending(self) -> tuple[StatusLine, ...]:
        """What does not satisfy its plan yet, or is not settled."""
        return tuple(line for line in self.lines if line.state != "in_place")
