"""What every kind answers, and the row that a setting of one is.

A kind is a module (or a package with this face). Roots (table, function) own a lane and are observed; parts (index,
alias) are seen inside their root's Live and stand on its lane. Nothing here sends a mutating call: kinds return data.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from orchestrator.model import (
    Change,
    Declared,
    Effect,
    Finding,
    Level,
    Policy,
    Position,
    Ref,
    Scope,
    Step,
    Text,
    Unmanaged,
    Verdict,
    hide,
)
from orchestrator.ports import Cloud


@dataclass(frozen=True, slots=True)
class Context:
    """What a diff may know beside the declaration and the live state.

    `known` puts in the late values that are known already (a live table's ARN that this plan will not change);
    `where` finds the position of a path below the resource's own ref.
    """

    policy: Policy
    known: Callable[[str | Text], str | Text]
    where: Callable[[Ref, str], Position | None]

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


@dataclass(frozen=True, slots=True)
class Diff:
    """What differs between one declared root (with its parts) and its live state.

    `changing` names the attributes (`arn`, `stream_arn`, `version`) whose value is known only after the changes are made.
    """

    changes: tuple[Change, ...] = ()
    unmanaged: tuple[Unmanaged, ...] = ()
    findings: tuple[Finding, ...] = ()
    changing: frozenset[str] = frozenset()


class Kind(Protocol):
    """What table, index, function and alias all answer."""

    @property
    def SECTION(self) -> str:  # noqa: N802 - a module constant
        """The key of the plan language under which these stand: `tables`, `indexes`, …"""
        ...

    @property
    def ATTRIBUTES(self) -> Mapping[str, Callable[[Any, str], str | None]]:  # noqa: N802 - a module constant
        """What a reference may name: attribute -> read it from (root Live, the thing's own real name); None while unknown."""
        ...

    def reached(self, change: Change, live: Any) -> bool:
        """Whether the root's Live (None: absent) shows `change` as made. Total: never raises."""
        ...


class Root(Kind, Protocol):
    """What a kind answers that owns a lane."""

    @property
    def ATTRIBUTE_READS(self) -> Mapping[str, frozenset[str]]:  # noqa: N802 - a module constant
        """The aspects that an observation must include for an attribute to be known, for those that need any."""
        ...

    @property
    def HAZARD_READS(self) -> frozenset[str]:  # noqa: N802 - a module constant
        """The aspects that only a preview's warnings need; their diff takes one that was not read for harmless."""
        ...

    def lane(self, name: str) -> str:
        """`dynamodb/table/NAME`."""
        ...

    def reads(self, spec: Any) -> frozenset[str]:
        """The aspects beyond the main description that `spec` states and an observation must therefore include."""
        ...

    async def observe(self, cloud: Cloud, name: str, reads: frozenset[str]) -> Any:
        """Read live state: the kind's Live, or None where it is absent. Sends reads only; raises Fault."""
        ...

    def identity(self, live: Any) -> str | None:
        """What changes when the thing is deleted and made anew under the same name (TableId); None where AWS has none."""
        ...

    def verdict(self, live: Any, scope: Scope) -> Verdict:
        """Settled, Pending or Broken. Total: unknown statuses are Pending; absent (None) is Settled."""
        ...

    def parts(self, live: Any) -> Mapping[tuple[str, str], Verdict]:
        """The verdict of each part seen inside the Live, by (section, name): every index of a table, every alias read."""
        ...

    def diff(self, declared: Declared, live: Any, context: Context) -> Diff: ...

    def steps(self, declared: Declared, live: Any, diff: Diff, context: Context) -> tuple[Step, ...]:
        """The lane's steps in their order. `needs` stays empty and equal ids may repeat: the compiler chains and numbers."""
        ...


@dataclass(frozen=True, slots=True)
class Move:
    """One API call on the way to a setting's value.

    `parameters` go without the resource's own name, which the kind adds. `before` and `after` are in the setting's
    comparable form: what live state shows around this call, and so the step's goal. Effect "replace" has the goal that
    `before` is no longer seen, which holds too where somebody else is already further on. `deadline` is in seconds.
    """

    summary: str
    operation: str
    parameters: Mapping[str, Any]
    before: Any
    after: Any
    effect: Effect = "update"
    deadline: float = 600


def alike(live: Any, wanted: Any) -> bool:
    """Whether a live value is the wanted one. Hidden texts are compared by content; one not known yet is like nothing."""
    return bool(plain(live) == plain(wanted))


def plain(value: Any) -> Any:
    """The same nested value with every complete Text, hidden ones too, as its str. To compare, never to show."""
    if isinstance(value, Text):
        return value if value.unknown else value.reveal()
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value


def veiled(before: Any, after: Any) -> Any:
    """`before`, hidden where what takes its place is hidden: it may be the same secret.

    A list has no keys by which to tell what replaces what, so one hidden item hides all of them.
    """
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return {key: veiled(value, after.get(key)) for key, value in before.items()}
    if isinstance(before, list | tuple) and isinstance(after, list | tuple):
        secret = next((value for value in after if _hidden(value)), None)
        return type(before)(veiled(value, secret) for value in before)
    return hide(before) if _hidden(after) and isinstance(before, str | Text) else before


def _hidden(value: Any) -> bool:
    return isinstance(value, Text) and value.hidden


def _whole(before: Any, after: Any) -> tuple[Any, Any]:
    return before, after


def _harmless(before: Any, after: Any) -> Sequence[Finding]:
    return ()


@dataclass(frozen=True, slots=True)
class Setting:
    """One row: everything the program knows about one setting of a kind. `kinds/settings.py` turns rows into changes.

    `wanted` reads it from the Spec in a comparable form (None: not stated); `live` reads it from the Live (UNREAD where
    the observation left it out). `same(live, wanted)` says whether nothing is to do; `part(live, wanted)` narrows both to
    what differs (of a map: the keys) in the plan language's words, before they become a Change that a preview shows.
    `fresh` is the value, in the form of `live`, that a new resource has by itself.

    `create(wanted)` gives the parameters that it adds to the create call, None where AWS takes it only afterwards.
    `moves(before, after)` gives the calls that bring it from one to the other, one step each. `order` is its place on
    the lane (fact sheet 14.3); moves of equal order and operation go out in one call.

    `scope` is how much must be settled around its calls, `aspect` the extra read that it needs, if any.
    `hazards(before, after)` are the findings of changing it on a live resource, without `ref` and `where`.
    """

    name: str
    order: int
    wanted: Callable[[Any], Any]
    live: Callable[[Any], Any]
    moves: Callable[[Any, Any], Sequence[Move]]
    create: Callable[[Any], Mapping[str, Any]] | None = None
    fresh: Any = None
    same: Callable[[Any, Any], bool] = alike
    part: Callable[[Any, Any], tuple[Any, Any]] = _whole
    scope: Scope = Scope.WHOLE
    aspect: str | None = None
    hazards: Callable[[Any, Any], Sequence[Finding]] = _harmless
