"""What a thing is: one module per kind. KINDS is the only list of them; nothing is registered anywhere else."""

from collections.abc import Mapping
from typing import Any

from orchestrator.kinds import alias, event_source, function, index, permission, replica, table
from orchestrator.kinds.contract import Kind, Root
from orchestrator.model import Declared, FromLive, Ref

# mypy reads a module as a Protocol, and names the missing function, only in single assignments.
_table: Root = table
_index: Kind = index
_replica: Kind = replica
_function: Root = function
_alias: Kind = alias
_event_source: Kind = event_source
_permission: Kind = permission

PARTS: Mapping[str, Mapping[str, Kind]] = {
    root.SECTION: {kind.SECTION: kind for kind in kinds}
    for root, kinds in ((_table, (_index, _replica)), (_function, (_alias, _permission, _event_source)))
}
"""The kinds of what stands below each root, by the root's section and their own."""

ROOTS: Mapping[str, Root] = {root.SECTION: root for root in (_table, _function)}
"""The kinds that own a lane and are observed."""

KINDS: Mapping[str, Kind] = {**ROOTS, **{section: kind for kinds in PARTS.values() for section, kind in kinds.items()}}
"""Every kind by its section of the plan language."""


def is_there(root: Ref, live: Any) -> bool:
    """Whether there is a table or function: of one that is not there, what it left or rests on may have been read."""
    return live is not None and ROOTS[root.section].ATTRIBUTES["arn"].read(live, "") is not None


def attribute(late: FromLive, live: Any, declared: Declared) -> str | None:
    """The value of `late`, whose root is declared as `declared` and looks like `live`; None while it is not known.

    A root has the name its plan gives it; a part's real name is its key.
    """
    name = declared.name if late.ref == declared.ref else late.ref.name
    value: str | None = KINDS[late.ref.section].ATTRIBUTES[late.field].read(live, name)
    return value


__all__ = ["KINDS", "PARTS", "ROOTS", "attribute", "is_there"]
