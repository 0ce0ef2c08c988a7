"""From YAML bytes to a tree of nodes, over PyYAML's event stream and without recursion.

What the parser's own composer would do in YAML 1.1's way (booleans, dates, merge keys, tags, silent duplicates) is done
here by version 1.2 or refused. Everything is bounded: size, depth, and nodes with all aliases opened.
"""

import re
from binascii import Error as NotBase64
from binascii import a2b_base64
from dataclasses import dataclass, field
from typing import Any

import yaml

from orchestrator.errors import Problem
from orchestrator.model import Position
from orchestrator.planning.nodes import Entry, Mapping, Node, Scalar, Sequence
from orchestrator.planning.problems import at, under
from orchestrator.planning.scalars import NotANumber, resolve
from orchestrator.planning.suggest import did_you_mean
from orchestrator.planning.values import Mark
from orchestrator.planning.yaml_errors import syntax_problem
from orchestrator.planning.yaml_text import MAX_BYTES, Unreadable, decode

MAX_NODES = 200_000
MAX_DEPTH = 100
MAX_PROBLEMS = 200
"""A file that is no plan at all is not worth more."""

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SURROGATE = re.compile("[\ud800-\udfff]")
_BINARY = "tag:yaml.org,2002:binary"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a file may hold; `documents` is whether it may have several."""

    bytes: int = MAX_BYTES
    nodes: int = MAX_NODES
    documents: bool = False


PLAN = Limits()


def compose(data: bytes, file: str, loader: Any = LOADER) -> tuple[Node | None, tuple[Problem, ...]]:
    """The document of a file and what is wrong with it; None where nothing of it could be read."""
    roots, problems = compose_all(data, file, PLAN, loader)
    return next(iter(roots), None), problems


def compose_all(
    data: bytes, file: str, limits: Limits, loader: Any = LOADER
) -> tuple[tuple[Node, ...], tuple[Problem, ...]]:
    """The documents of a file and what is wrong with them; none where it could not be read to its end."""
    composer = _Composer(file, limits)
    try:
        text = decode(data, file, limits.bytes)
    except Unreadable as error:
        return (), (error.problem,)
    try:
        for event in yaml.parse(text, Loader=loader):
            composer.take(event)
    except Unreadable as error:
        return (), (*composer.problems, error.problem)
    except yaml.YAMLError as error:
        return (), (*composer.problems, syntax_problem(error, text, file))
    except (ValueError, OverflowError):  # the pure Python scanner on "\U00110000" and the like
        problem = at(Position(file, 1, 1), "yaml-syntax", "A string has an escape that is no character.", "Correct it.")
        return (), (*composer.problems, problem)
    return tuple(composer.roots), tuple(composer.problems)


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come yet. `key` is the mapping's key that waits for its value."""

    is_mapping: bool
    position: Position
    anchor: str | None
    nodes: list[Node] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    seen: dict[str, Position] = field(default_factory=dict)
    key: "_Key | None" = None

    @property
    def at(self) -> str | int | None:
        """The key or the number of what is read now."""
        if self.is_mapping:
            return self.key.text if self.key else None
        return len(self.nodes)

    def close(self) -> Node:
        size = 1 + sum(node.size for node in self.nodes)
        height = 1 + max((node.height for node in self.nodes), default=0)
        if self.is_mapping:
            return Mapping(tuple(self.entries), self.position, size, height)
        return Sequence(tuple(self.nodes), self.position, size, height)


@dataclass(frozen=True, slots=True)
class _Key:
    """A key that was read; `text` None marks one that is wrong, whose value is dropped."""

    text: str | None
    position: Position


class _Composer:
    """Takes events one by one; `roots` are the documents whose end has come."""

    def __init__(self, file: str, limits: Limits) -> None:
        self.roots: list[Node] = []
        self.problems: list[Problem] = []
        self._file = file
        self._limits = limits
        self._stack: list[_Open] = []
        self._anchors: dict[str, Node] = {}
        self._size = 0
        self._documents = 0

    def take(self, event: yaml.Event) -> None:
        """Raises Unreadable when reading on makes no sense."""
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._open(event)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            closed = self._stack.pop()
            self._keep(closed.anchor, closed.close())
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._document(event)

    # ------------------------------------------------------------------------------------------------ by sort of event

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        self._documents += 1
        self._anchors.clear()
        if self._documents > 1 and not self._limits.documents:
            action = "Put it into a file of its own; a folder of plans is one command."
            raise Unreadable(at(self._where(event), "yaml-documents", "A second document begins here.", action))

    def _open(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        position = self._where(event)
        if len(self._stack) >= MAX_DEPTH:
            raise Unreadable(_too_deep(position))
        if event.tag is not None:
            self._tag(event.tag, position)
        self._grow(1, position)
        self._stack.append(_Open(isinstance(event, yaml.MappingStartEvent), position, event.anchor))

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        position = self._where(event)
        self._grow(1, position)
        plain = not event.style
        value = self._value(event, position, plain)
        self._keep(event.anchor, Scalar(value, event.value, plain and event.tag is None, position))

    def _alias(self, event: yaml.AliasEvent) -> None:
        position, name = self._where(event), event.anchor or ""
        if any(opened.anchor == name for opened in self._stack):
            message = f"`*{name}` stands inside its own anchor `&{name}`."
            raise Unreadable(at(position, "yaml-alias", message, "Write the inner part out."))
        node = self._anchors.get(name)
        if node is None:
            action = did_you_mean(name, self._anchors, "If it is no alias, put the value in quotes.")
            self._note(position, "yaml-alias", f"`*{name}` names an anchor that does not stand before it.", action)
            node = Scalar(Mark.UNRESOLVED, "", False, position)
        if len(self._stack) + node.height > MAX_DEPTH:
            raise Unreadable(_too_deep(position))
        self._grow(node.size, position)
        self._accept(node, position)

    # ------------------------------------------------------------------------------------------------ building the tree

    def _keep(self, anchor: str | None, node: Node) -> None:
        if anchor is not None:
            self._anchors[anchor] = node
        self._accept(node, node.position)

    def _accept(self, node: Node, position: Position) -> None:
        """Put a finished node where it belongs: the document, a list's item, a mapping's key or its value."""
        if not self._stack:
            self.roots.append(node)
            return
        parent = self._stack[-1]
        if not parent.is_mapping:
            parent.nodes.append(node)
        elif parent.key is None:
            parent.key = self._key(parent, node, position)
        else:
            if parent.key.text is not None:
                parent.nodes.append(node)
                parent.entries.append(Entry(parent.key.text, parent.key.position, node))
            parent.key = None

    def _key(self, parent: _Open, node: Node, position: Position) -> _Key:
        wrong = _Key(None, position)
        if not isinstance(node, Scalar):
            action = "If `{` begins a reference, it works in values only; else write a plain word."
            self._note(position, "yaml-key", "A key is a single word, not a list or a mapping.", action)
            return wrong
        if node.plain and node.text == "<<":
            action = "Write its keys out here, or use an alias as a whole value."
            self._note(position, "yaml-merge", "`<<` is not part of YAML 1.2.", action)
            return wrong
        if node.plain and not node.text:
            self._note(position, "yaml-key", "A key is missing before the `:`.", "Write `key: value`.")
            return wrong
        if node.text in parent.seen:
            message = f"The key `{node.text}` stands here twice; the first is at line {parent.seen[node.text].line}."
            self._note(position, "duplicate-key", message, "Remove or rename one of them.")
            return wrong
        parent.seen[node.text] = position
        return _Key(node.text, position)

    def _value(self, event: yaml.ScalarEvent, position: Position, plain: bool) -> Any:
        if event.tag is not None:
            return self._tagged(event.tag, event.value, position)
        if not plain:
            return self._string(event.value, position)
        try:
            return resolve(event.value)
        except NotANumber as error:
            self._note(position, "yaml-number", f"{error}.", "If it is meant as a text, put it in quotes.")
            return Mark.UNRESOLVED

    def _string(self, text: str, position: Position) -> Any:
        if _SURROGATE.search(text):  # libyaml refuses such an escape itself, the pure parser makes it one
            action = "Write the character itself, or its one escape \\U0001F600."
            self._note(position, "yaml-character", "The string has half of a character (a surrogate).", action)
            return Mark.UNRESOLVED
        return text

    def _tagged(self, tag: str, text: str, position: Position) -> Any:
        if tag != _BINARY:
            self._tag(tag, position)
            return Mark.UNRESOLVED
        try:
            return a2b_base64("".join(text.split()).encode("ascii"), strict_mode=True)
        except (NotBase64, UnicodeEncodeError):
            self._note(position, "yaml-binary", "What follows `!!binary` is not base64.", "Encode the bytes again.")
            return Mark.UNRESOLVED

    # ------------------------------------------------------------------------------------------------ limits and problems

    def _grow(self, nodes: int, position: Position) -> None:
        self._size += nodes
        if self._size > self._limits.nodes:
            message = f"The file has more than {self._limits.nodes:,} values, aliases counted each time."
            action = "Split it into several plans, or move data into files that the plan names."
            raise Unreadable(at(position, "yaml-too-many", message, action))

    def _tag(self, tag: str, position: Position) -> None:
        shown = tag.replace("tag:yaml.org,2002:", "!!")[:40]
        action = "Leave it out; put a text in quotes to keep it one."
        self._note(position, "yaml-tag", f"The tag `{shown}` is not known; a plan has no tags but `!!binary`.", action)

    def _note(self, position: Position, code: str, message: str, action: str) -> None:
        path = tuple(opened.at for opened in self._stack if opened.at is not None)
        self.problems.append(at(position, code, under(path, message), action, path))
        if len(self.problems) >= MAX_PROBLEMS:
            raise Unreadable(
                at(position, "yaml-syntax", "There are too many mistakes to go on.", "Correct the first ones.")
            )

    def _where(self, event: yaml.Event) -> Position:
        mark = event.start_mark
        assert mark is not None  # the stubs allow for events that nobody parsed
        return Position(self._file, mark.line + 1, mark.column + 1)


def _too_deep(position: Position) -> Problem:
    action = "A plan needs ten levels at most; look for brackets that are never closed."
    return at(position, "yaml-depth", f"The file is nested more than {MAX_DEPTH} levels deep.", action)
