"""What every kind answers, and the row that a setting of one is.

A kind is a module (or a package with this face). Roots (table, function) own a lane and are observed; parts (index,
alias) are seen inside their root's Live and stand on its lane. Nothing here sends a mutating call: kinds return data.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from orchestrator.model import (
    Change,
    Declared,
    Finding,
    Policy,
    Position,
    Ref,
    Scope,
    Step,
    Text,
    Unmanaged,
    Verdict,
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

    def diff(self, declared: Declared, live: Any, context: Context) -> Diff: ...

    def steps(self, declared: Declared, live: Any, diff: Diff, context: Context) -> tuple[Step, ...]:
        """The lane's steps in their order. `needs` stays empty and equal ids may repeat: the compiler chains and numbers."""
        ...


@dataclass(frozen=True, slots=True)
class Setting:
    """One row: everything the program knows about one setting of a kind.

    `wanted` reads it from the Spec in a comparable form (None: not stated); `live` reads the same form from the Live
    (UNREAD where the observation left it out). `order` is its place on the lane (fact sheet 14.3). `create` gives the
    parameters it adds to the create call, None where AWS takes it only afterwards. `calls` gives the (operation,
    parameters) pairs that bring it from before to after, in order; several pairs are several steps. `aspect` names the
    extra read it needs, if any.
    """

    name: str
    order: int
    wanted: Callable[[Any], Any]
    live: Callable[[Any], Any]
    create: Callable[[Any], Mapping[str, Any]] | None
    calls: Callable[..., Any]
    scope: Scope = Scope.WHOLE
    aspect: str | None = None
    same: Callable[[Any, Any], bool] = lambda before, after: bool(before == after)
