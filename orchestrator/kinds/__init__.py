"""What a thing is: one module per kind. KINDS is the only list of them; nothing is registered anywhere else."""

from collections.abc import Mapping

from orchestrator.kinds import index, table
from orchestrator.kinds.contract import Kind, Root

# mypy reads a module as a Protocol, and names the missing function, only in single assignments.
_table: Root = table
_index: Kind = index

KINDS: Mapping[str, Kind] = {kind.SECTION: kind for kind in (_table, _index)}
"""Every kind by its section of the plan language."""

ROOTS: Mapping[str, Root] = {root.SECTION: root for root in (_table,)}
"""The kinds that own a lane and are observed."""

__all__ = ["KINDS", "ROOTS"]
