"""The parts of one sort that a plan states for a resource (indexes, aliases, …), set against those that are there.

One rule for all of them (plan language, ground rules): named ones are made so, `absent` and `prune` take away, the others
are unmanaged. Where a plan states nothing of a sort, only indexes count as unmanaged: they cost money and hold back others.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from orchestrator.kinds.fields import Absent
from orchestrator.model import Ref, Unmanaged

S = TypeVar("S")
"""What a plan states of a part: IndexSpec, AliasSpec, …"""
V = TypeVar("V")
"""What is seen of it."""


@dataclass(frozen=True, slots=True)
class Parts(Generic[S, V]):
    """`stated` by name (None: the sort is not stated), `there` by name, and whether `prune` names the sort.

    `always`: those that are not named are unmanaged even where the sort is not stated.
    """

    ref: Ref
    section: str
    stated: Mapping[str, S | Absent] | None
    there: Mapping[str, V]
    prunes: bool
    always: bool = False

    @classmethod
    def of(
        cls,
        ref: Ref,
        section: str,
        stated: Mapping[str, S | Absent] | None,
        there: Mapping[str, V],
        prune: Collection[str] = (),
        *,
        always: bool = False,
    ) -> "Parts[S, V]":
        """The parts of `ref`; `prune` is what the plan says there."""
        return cls(ref, section, stated, there, section in prune and stated is not None, always)

    def child(self, name: str) -> Ref:
        return self.ref.child(self.section, name)

    @property
    def wanted(self) -> Iterator[tuple[str, S, V | None]]:
        """Those that shall exist, in the plan's order: what is stated of each, and what is there."""
        for name, spec in (self.stated or {}).items():
            if not isinstance(spec, Absent):
                yield name, spec, self.there.get(name)

    @property
    def going(self) -> Iterator[tuple[str, V]]:
        """Those that are there and shall not be: named absent in the plan's order, then what is pruned."""
        for name, spec in (self.stated or {}).items():
            if isinstance(spec, Absent) and name in self.there:
                yield name, self.there[name]
        if self.prunes:
            yield from ((name, self.there[name]) for name in self._unnamed)

    @property
    def unmanaged(self) -> tuple[Unmanaged, ...]:
        """Those that are there and that nobody named."""
        if self.prunes or (self.stated is None and not self.always):
            return ()
        return tuple(Unmanaged(self.ref, self.section, name) for name in self._unnamed)

    @property
    def _unnamed(self) -> list[str]:
        return sorted(self.there.keys() - (self.stated or {}).keys())


def present(stated: Mapping[str, S | Absent] | None) -> Mapping[str, S]:
    """Those that a plan says shall exist."""
    return {name: spec for name, spec in (stated or {}).items() if not isinstance(spec, Absent)}
