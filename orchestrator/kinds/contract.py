"""What every kind answers, and the row that a setting of one is.

A kind is a module (or a package with this face). Roots (table, function) own a lane and are observed; parts (index,
alias) are seen inside their root's Live and stand on its lane. Nothing here sends a mutating call: kinds return data.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Protocol, TypeVar

from orchestrator.kinds import defaults
from orchestrator.kinds.comparison import alike, plain
from orchestrator.kinds.complaint import Complaint
from orchestrator.kinds.names import NameRule
from orchestrator.model import (
    NO_TIME,
    Call,
    Change,
    Declared,
    Effect,
    Estimate,
    Finding,
    FromLive,
    Gate,
    Inquiry,
    Level,
    Policy,
    Position,
    Ref,
    Scope,
    Step,
    Text,
    Unmanaged,
    Verdict,
    dotted,
)
from orchestrator.ports import Cloud, Together, in_turn


@dataclass(frozen=True, slots=True)
class Context:
    """What a diff may know beside the declaration and the live state.

    `known` puts in the late values that are known already (a live table's ARN that this plan will not change);
    `where` finds the position of a path below the resource's own ref. `now` is when live state was looked at, in seconds
    since the epoch: what AWS takes only so often is counted from it. `region` is the run's own, None where it is not known.
    `ends` tells of the ARN of a stream whether what this one waits for ends it.
    """

    policy: Policy
    known: Callable[[str | Text], str | Text]
    where: Callable[[Ref, str], Position | None]
    now: float
    region: str | None = None
    ends: Callable[[str], bool] = lambda _: False

    def fill(self, value: Any) -> Any:
        """The same nested value with `known` applied to every text in it."""
        if isinstance(value, Text):
            return self.known(value)
        if isinstance(value, Mapping):
            return {key: self.fill(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self.fill(inner) for inner in value)
        return value

    def finding(self, level: Level, code: str, ref: Ref, field: str, message: str, action: str = "") -> Finding:
        """A finding about `field` of `ref`, placed where the plan states it."""
        return Finding(level, code, message, action, ref, self.where(ref, field))

    def refusal(self, code: str, ref: Ref, field: str, message: str, action: str) -> Finding:
        """A warning of what `apply` must not do unless it is allowed."""
        return replace(self.finding("warning", code, ref, field, message, action), refuses=True)

    def complaint(self, ref: Ref, found: Complaint) -> Finding:
        """A complaint about `ref` as an error finding."""
        shown = found.said_of(dotted((*ref.path, *found.path)))
        return self.finding("error", found.code, ref, ".".join(map(str, found.path)), shown, found.action)


@dataclass(frozen=True, slots=True)
class Diff:
    """What differs between one declared root (with its parts) and its live state.

    `changing` names the attributes (`arn`, `stream_arn`, `version`) whose value is known only after the changes are made.
    `called` tells of live parts that AWS knows by another name than the plan (an event source's UUID) what the plan calls
    them. `deferred`: what differs can only be told once what is under way is over, so that the lane is that wait alone, after
    which the run plans anew.
    """

    changes: tuple[Change, ...] = ()
    unmanaged: tuple[Unmanaged, ...] = ()
    findings: tuple[Finding, ...] = ()
    changing: frozenset[str] = frozenset()
    called: Mapping[Ref, Ref] = field(default_factory=dict)
    deferred: bool = False


def joined(*several: Diff) -> Diff:
    """One Diff of all, in their order."""
    return Diff(
        tuple(change for one in several for change in one.changes),
        tuple(thing for one in several for thing in one.unmanaged),
        tuple(finding for one in several for finding in one.findings),
        frozenset[str]().union(*(one.changing for one in several)),
        {live: stated for one in several for live, stated in one.called.items()},
    )


@dataclass(frozen=True, slots=True)
class Basis:
    """What a thing has an attribute by that it does not have by itself.

    `fields` are those of the Changes that bring it, or sections whose parts do when they come; a setting among them that is
    `off` rules it out. `stated` is what a plan says to have it, in words.
    """

    fields: tuple[str, ...]
    stated: str


def _left_out(path: Sequence[str]) -> str:
    return "Leave it out here, or use `.name`."


@dataclass(frozen=True, slots=True)
class Attribute:
    """What a reference may name of a thing: `read` takes it from the root's Live and the thing's own real name, None while
    while it is not known. `reads` are the aspects that an observation must include for it, `rests_on` is what it is there by.
    `otherwise` is what the thing itself, given its path, can say in place of it, in a whole sentence.
    `told`: AWS chose it and people ask for it, so that `status` tells it.
    """

    read: Callable[[Any, str], str | None]
    reads: frozenset[str] = frozenset()
    rests_on: Basis | None = None
    otherwise: Callable[[Sequence[str]], str] = _left_out
    told: bool = False


class Kind(Protocol):
    """What table, index, function and alias all answer."""

    @property
    def SECTION(self) -> str:  # noqa: N802 - a module constant
        """The key of the plan language under which these stand: `tables`, `indexes`, …"""
        ...

    @property
    def ATTRIBUTES(self) -> Mapping[str, Attribute]:  # noqa: N802 - a module constant
        """What a reference may name, by the name that it has there."""
        ...

    @property
    def ROWS(self) -> Mapping[str, "Setting[Any, Any]"]:  # noqa: N802 - a module constant
        """What of it can be changed in place, by the plan's key, in the order of the lane. Of an alias the whole is one value."""
        ...

    @property
    def ABOUT(self) -> "About":  # noqa: N802 - a module constant
        """What the documentation says of the thing as a whole: how it comes, goes and is replaced."""
        ...

    def reached(self, change: Change, live: Any) -> bool:
        """Whether the root's Live (None: absent) shows `change` as made. Total: never raises."""
        ...

    def motion(self, change: Change, live: Any) -> Verdict:
        """Whether what `change` is about is still on its way by itself in the root's Live, although that counts as settled.

        Warm throughput, contributor insights and Kinesis destinations move beside everything else, and hold back only
        what waits for them (fact sheet 14.1). Total.
        """
        ...


class Root(Kind, Protocol):
    """What a kind answers that owns a lane."""

    @property
    def HAZARD_READS(self) -> frozenset[str]:  # noqa: N802 - a module constant
        """The aspects that only a preview's warnings need; their diff takes one that was not read for harmless."""
        ...

    @property
    def COMMON_READS(self) -> frozenset[str]:  # noqa: N802 - a module constant
        """The APIs (`lambda:ListEventSourceMappings`) that answer alike whatever is looked at: an observation asks once."""
        ...

    @property
    def NAME_RULE(self) -> NameRule:  # noqa: N802 - a module constant
        """What AWS takes as the real name."""
        ...

    def complaints(self, spec: Any) -> Iterator[Complaint]:
        """What is wrong with a declaration (an Absent too) by AWS's rules, without looking at live state."""
        ...

    def lane(self, name: str) -> str:
        """`dynamodb/table/NAME`."""
        ...

    def reads(self, spec: Any) -> frozenset[str]:
        """The aspects beyond the main description that `spec` states and an observation must therefore include."""
        ...

    async def observe(self, cloud: Cloud, name: str, reads: frozenset[str], together: Together = in_turn) -> Any:
        """Read live state: the kind's Live, or None where it is absent. Sends reads only; raises Fault.

        What has to be asked in several Regions is asked `together`.
        """
        ...

    def identity(self, live: Any) -> str | None:
        """What changes when the thing is deleted and made anew under the same name (TableId); None where AWS has none."""
        ...

    def verdict(self, live: Any, scope: Scope) -> Verdict:
        """Settled, Pending or Broken. Total: unknown statuses are Pending; absent (None) is Settled."""
        ...

    def inquiry(self, live: Any) -> Inquiry | None:
        """What to ask the log of calls about what moves; None where nothing moves, or by no call that it would have. Total."""
        ...

    def occupied(self, change: Change, live: Any) -> bool:
        """Whether something stands where `change` makes a thing that AWS knows by no name of the plan's. Total."""
        ...

    def pointers(self, refusal: str) -> frozenset[str]:
        """The aspects that show what AWS's words of a refusal name by an id of its own."""
        ...

    def parts(self, live: Any) -> Mapping[tuple[str, str], Verdict]:
        """The verdict of each part seen inside the Live, by (section, name): every index of a table, every alias read."""
        ...

    def diff(self, declared: Declared, live: Any, context: Context) -> Diff: ...

    def steps(self, declared: Declared, live: Any, diff: Diff, context: Context) -> tuple[Step, ...]:
        """The lane's steps in their order. `needs` stays empty and equal ids may repeat: the compiler chains and numbers."""
        ...


D = TypeVar("D")
"""What a plan states of a thing: TableSpec, IndexSpec, …"""
L = TypeVar("L")
"""What is seen of it: TableLive, FunctionLive, …"""


@dataclass(frozen=True, slots=True)
class Subject(Generic[D, L]):
    """The thing whose settings are compared and changed: a root, or a part of one.

    `name` is the root's real name, a part's is `ref.name`; `arn` is the root's. `live` is None where the thing is yet to be
    made: its ARN is known only later then. `old` is what it takes the place of where it is made anew.
    """

    ref: Ref
    name: str
    arn: str | Text
    declared: D
    live: L | None
    old: L | None = None

    @property
    def part(self) -> str:
        """Its name where it is a part of a root, else empty."""
        return self.ref.part

    @property
    def seen(self) -> L:
        """`live`, where it is there for sure."""
        assert self.live is not None
        return self.live


class HasArn(Protocol):
    @property
    def arn(self) -> str: ...


def arn(ref: Ref, live: HasArn | None) -> str | Text:
    """The ARN of a root; of one that is yet to be made as a value known later."""
    return live.arn if live is not None else Text((FromLive(ref, "arn"),))


@dataclass(frozen=True, slots=True)
class Move:
    """One API call, of any service, on the way to a setting's value; without a call, the wait until a value shows.

    `before` and `after` are in the setting's comparable form: what live state shows around this call, and so the step's
    goal. Effect "replace" has the goal that `before` is no longer seen, which holds too where somebody else is already
    further on. Of several moves each needs a form of its own for where it leads to: a call whose effect nobody could see
    would be taken for done before it is sent. `deadline` is in seconds. ValueError where `after` is `before`.

    `order` is its place on the lane where that is not the row's, `reads` the aspects that tell whether it is done where
    these are fewer than the row's; `gate`, `postponable`, `pause`, `ends` and `estimate` are those of Step.
    """

    summary: str
    call: Call | None
    before: Any
    after: Any
    effect: Effect = "update"
    deadline: float = 600
    order: int | None = None
    reads: frozenset[str] | None = None
    gate: Gate = "start"
    postponable: bool = False
    pause: float = 0.0
    ends: frozenset[str] = frozenset()
    estimate: Estimate = NO_TIME

    def __post_init__(self) -> None:
        if plain(self.before) == plain(self.after):
            raise ValueError(f"{self.summary}: a move that leads nowhere")


def _as_it_is(subject: Subject[D, L]) -> Subject[D, L]:
    return subject


@dataclass(frozen=True, slots=True)
class About:
    """What the documentation says of a setting (docs/settings.md is made of these), in whole sentences: the API operations
    that give it (`dynamodb:UpdateTable`), when a change of it is done, and what AWS or this program refuses of it.
    """

    operations: tuple[str, ...]
    settles: str
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Setting(Generic[D, L]):
    """One row: everything the program knows about one setting of a kind. `kinds/settings.py` turns rows into changes.

    `wanted` reads it from what the plan states, in a comparable form (None: not stated); `live` reads it from what is seen
    (UNREAD where the observation left it out), of the subject as it is `compared` where that is not as it is seen: another
    setting of the same plan may end what moves this one. `part(live, wanted)` narrows both to what differs (of a map: the keys)
    in the plan language's words, before they become a Change that a preview shows. Nothing is to do where these two are alike;
    of a setting whose two don't tell it, `equal(live, wanted)` does. `fresh` is the value, in the form of `live`, that a new
    thing has by itself, and `kept(declared, live)` what is given to a thing that is made in another's place where the plan does
    not state it, in the form of `wanted` (by default `live`; None: nothing). Where the plan states it, `completed(kept,
    wanted)` is what is wanted with what else stays (of a map of entries: those that the plan does not name).

    `create(wanted)` gives the parameters that it adds to the create call, None where AWS takes it only afterwards.
    `moves(before, after, subject)` gives the calls that bring it from one to the other, one step each. `order` is its place
    on the lane (fact sheet 14.3). Rows that name the same `step` share its calls, where order and operation are equal too
    and the calls can be one (`kinds/merging.py`); one that names none has its own, and its step is called after it.

    `largest` is how many bytes such a call has at most: what is too much for one goes out in several.
    `scope` is how much must be settled around its calls, `reads(declared, part)` the aspects that telling its
    value takes (`part` is the name of the part that it is of, empty for a root: `insights:by_day`).
    `hazards(change, subject)` are the findings of changing it on a live thing, without `ref` and `where`. `motion(change,
    live)` tells, of what moves by itself while the thing counts as settled (a Kinesis destination), whether that is still on
    its way to what `change` asks for, or stuck. `about` is for the documentation.

    What a preview has to know of its values: `seconds` are the dotted paths, below the value, of numbers that are lengths of
    time in seconds (empty: the value itself), and `secret` the parameters, by service and name, that hold it where no format
    may show it, neither there nor in a Change; `shown` makes of a form that only moves lead to what a plan would say of it.
    `told(change, live)` is what AWS chose of it that a reader of the report needs once it is made, as a sentence; empty where
    there is none.
    """

    name: str
    order: int
    wanted: Callable[[D], Any]
    live: Callable[[L], Any]
    moves: Callable[[Any, Any, Subject[D, L]], Sequence[Move]]
    create: Callable[[Any], Mapping[str, Any]] | None = None
    fresh: Any = None
    kept: Callable[[D, L], Any] | None = None
    completed: Callable[[Any, Any], Any] = defaults.nothing_else
    compared: Callable[[Subject[D, L]], Subject[D, L]] = _as_it_is
    equal: Callable[[Any, Any], bool] | None = None
    part: Callable[[Any, Any], tuple[Any, Any]] = defaults.whole
    scope: Scope = Scope.WHOLE
    step: str = ""
    largest: int | None = None
    reads: Callable[[D, str], frozenset[str]] = defaults.no_reads
    hazards: Callable[[Change, Subject[D, L]], Sequence[Finding]] = defaults.harmless
    motion: Callable[[Change, L], Verdict] = defaults.no_motion
    about: About | None = None
    seconds: tuple[str, ...] = ()
    secret: frozenset[tuple[str, str]] = frozenset()
    shown: Callable[[Any], Any] = defaults.the_same
    told: Callable[[Change, L], str] = defaults.nothing_told

    def same(self, live: Any, wanted: Any) -> bool:
        """Whether nothing is to do: `live` shows all that is `wanted`."""
        return alike(*self.part(live, wanted)) if self.equal is None else self.equal(live, wanted)
