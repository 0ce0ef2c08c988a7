"""What a task names, read off its nodes before anything is put in: enough to tell whether it still can be."""

from collections.abc import Iterator

from orchestrator.planning.nodes import Entry, Mapping, Node, Scalar, Sequence
from orchestrator.planning.references import BadReference, Reference, parse, parse_path

Path = tuple[str, ...]

_NAMING = {"table": "tables", "function": "functions"}
"""The keys of a task whose value is the logical id of a table or function."""


def named(task: Node) -> frozenset[Path]:
    """The paths of the tables, functions and parts that a task works on, waits for or refers to."""
    return frozenset(_named(task))


def _named(node: Node) -> Iterator[Path]:
    if isinstance(node, Mapping):
        for entry in node.entries:
            yield from _entry(entry)
            yield from _named(entry.value)
        yield from _alias(node)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _named(item)
    elif isinstance(node.value, str):
        yield from _referred(node.value)


def _entry(entry: Entry) -> Iterator[Path]:
    value = entry.value
    if entry.key == "after" and isinstance(value, Sequence):
        for item in value.items:
            path = parse_path(text) if (text := _text(item)) else None
            yield from _roots_and_parts(path or ())
    elif entry.key in _NAMING and (name := _text(value)):
        yield _NAMING[entry.key], name


def _alias(body: Mapping) -> Iterator[Path]:
    """An invocation names an alias beside its function."""
    texts = {entry.key: _text(entry.value) for entry in body.entries if entry.key in ("function", "alias")}
    function, alias = texts.get("function"), texts.get("alias")
    if function and alias:
        yield "functions", function, "aliases", alias


def _referred(text: str) -> Iterator[Path]:
    try:
        pieces = parse(text)
    except BadReference:
        return
    for piece in pieces:
        if isinstance(piece, Reference):
            yield from _roots_and_parts(piece.path)


def _roots_and_parts(path: Path) -> Iterator[Path]:
    yield path[:2]
    yield path[:4]


def _text(node: Node) -> str | None:
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else None
