"""Which mappings of tables and functions stages add to: those that are marked so in the models of the plan language."""

from collections.abc import Iterator
from typing import Any, get_args, get_origin

from orchestrator.kinds.fields import MERGED, Absent, Node
from orchestrator.planning.legal import members

Pattern = tuple[str, ...]


def merged(model: type[Node], path: Pattern) -> Iterator[Pattern]:
    """The places of these mappings in what stands at `path`, which alternates between sections or settings, and names, `*`."""
    for name, field in model.model_fields.items():
        if MERGED in field.metadata:
            inner = (*path, (field.alias or name) if len(path) % 2 == 0 else "*")
            yield inner
            yield from _below(field.annotation, inner)


def _below(annotation: Any, path: Pattern) -> Iterator[Pattern]:
    for member in members(annotation):
        if isinstance(member, type) and issubclass(member, Node) and not issubclass(member, Absent):
            yield from merged(member, path)
        elif get_origin(member) is dict:
            entry = get_args(member)[1]
            if MERGED in getattr(entry, "__metadata__", ()):
                yield (*path, "*")
                yield from _below(entry, (*path, "*"))
