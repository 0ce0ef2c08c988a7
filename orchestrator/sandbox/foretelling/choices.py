"""What AWS chooses: the labels of streams, numbers of versions, addresses, identifiers and revisions. No plan can know them."""

from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator import kinds
from orchestrator.kinds.function.seen import mappings
from orchestrator.kinds.function.spec import EVENT_SOURCES, FUNCTIONS
from orchestrator.kinds.table import policy
from orchestrator.kinds.table.live import ResourcePolicy, TableLive
from orchestrator.model import Declared, FromLive, Ref, World

FACTS = frozenset({"name", "arn"})
"""The attributes that follow from names: the same whoever makes the thing, and when."""
UUID = "uuid"
"""The field under which an event source's identifier stands. No plan refers to it, nor to a policy's revision; calls do."""


def chosen(declared: Mapping[Ref, Declared], before: World, after: World) -> dict[FromLive, str]:
    """What `after` has of it that `before` has not, by what it is of."""
    old, new = (
        {(late, value) for ref in declared for late, value in _all(declared[ref], one[ref])} for one in (before, after)
    )
    return dict(sorted(new - old, key=lambda item: (item[0].ref, item[0].field)))


def _all(declared: Declared, seen: Any) -> Iterator[tuple[FromLive, str]]:
    ref = declared.ref
    for part in (ref, *(ref.child(*name) for name in kinds.ROOTS[ref.section].parts(seen))):
        for name in kinds.KINDS[part.section].ATTRIBUTES.keys() - FACTS:
            late = FromLive(part, name)
            if (value := kinds.attribute(late, seen, declared)) is not None:
                yield late, value
    if isinstance(seen, TableLive) and isinstance(seen.resource_policy, ResourcePolicy):
        yield FromLive(ref, policy.FIELD), seen.resource_policy.revision
    if ref.section == FUNCTIONS:
        for one in mappings(seen).all:
            yield FromLive(ref.child(EVENT_SOURCES, one.uuid), UUID), one.uuid
