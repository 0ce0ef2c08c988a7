"""Which mapping a plan's event source is: AWS keeps no name of them (plan language, functions).

One of the same source and alias; else the sole one of that source, which is moved; else, where the source is a table's
stream, the one on an earlier stream of that table, which has to be made anew.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestrator.kinds.comparison import plain
from orchestrator.kinds.contract import Context
from orchestrator.kinds.fields import late
from orchestrator.kinds.function.event_sources import sources
from orchestrator.kinds.function.event_sources.live import DELETING, MappingLive
from orchestrator.kinds.function.spec import AbsentEventSource
from orchestrator.model import FromLive, Text

UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Match:
    """The mapping that is meant, None where there is none; or `several`, none of which is meant for sure.

    `cycled`: it reads an earlier stream of the same table.
    """

    mapping: MappingLive | None = None
    several: tuple[MappingLive, ...] = ()
    cycled: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What identifies an event source of a plan: its source, as far as it is known, and the alias.

    `table` is the ARN of the table whose stream it is, empty where it is none.
    """

    source: str | Text
    alias: str
    table: str

    @property
    def known(self) -> str:
        """The source, hidden or not, once it is known: to compare, never to show."""
        return "" if late(self.source) else str(plain(self.source))

    def is_on(self, mapping: MappingLive) -> bool:
        return mapping.source == self.known

    def was_on(self, mapping: MappingLive) -> bool:
        return bool(self.table) and mapping.source != self.known and sources.table(mapping.source) == self.table


def identified(source: str | Text, alias: str | None, function: str, context: Context) -> Wanted:
    """`function` is the function's ARN."""
    filled = context.fill(source)
    return Wanted(filled, alias or "", _table(filled, function, context))


def _table(source: str | Text, function: str, context: Context) -> str:
    if not late(source):
        return sources.table(str(plain(source)))
    part = source.parts[0] if isinstance(source, Text) and len(source.parts) == 1 else None
    if not isinstance(part, FromLive) or part.field != "stream_arn":
        return ""
    name = context.fill(Text((FromLive(part.ref, "name"),)))
    return sources.table_of_function(function, name) if isinstance(name, str) else ""


def matched(wanted: Mapping[str, Wanted], mappings: Sequence[MappingLive]) -> Mapping[str, Match]:
    """For each id what is meant. No mapping is meant twice; those that are being deleted are gone already."""
    free = [one for one in mappings if one.state != DELETING]
    found: dict[str, Match] = {}
    for name, one in wanted.items():
        exact = next((mapping for mapping in free if one.is_on(mapping) and mapping.alias == one.alias), None)
        if exact is not None:
            found[name] = Match(exact)
            free.remove(exact)
    for name, one in wanted.items():
        if name not in found:
            found[name] = _nearest(one, free)
            free = [mapping for mapping in free if mapping is not found[name].mapping]
    return found


def _nearest(one: Wanted, free: Sequence[MappingLive]) -> Match:
    if elsewhere := [mapping for mapping in free if one.is_on(mapping)]:
        return _sole(elsewhere, cycled=False)
    earlier = [mapping for mapping in free if one.was_on(mapping)]
    same_alias = [mapping for mapping in earlier if mapping.alias == one.alias]
    return _sole(same_alias or earlier, cycled=True) if earlier else Match()


def _sole(some: Sequence[MappingLive], *, cycled: bool) -> Match:
    return Match(some[0], cycled=cycled) if len(some) == 1 else Match(several=tuple(some))


def leaving(
    name: str, absent: AbsentEventSource, free: Sequence[MappingLive], function: str, context: Context
) -> Match:
    """What an absent event source of this id is among those that nothing else names: by its source and alias, or its UUID."""
    if absent.source is not None:
        one = identified(absent.source, absent.alias, function, context)
        there = [mapping for mapping in free if one.is_on(mapping) or one.was_on(mapping)]
        if "alias" in absent.model_fields_set or len(there) > 1:
            there = [mapping for mapping in there if mapping.alias == one.alias]
        return _sole(there, cycled=False) if there else Match()
    by_uuid = next((mapping for mapping in free if mapping.uuid == name.lower()), None)
    if by_uuid is not None or UUID.fullmatch(name):
        return Match(by_uuid)
    return Match(several=tuple(free))
