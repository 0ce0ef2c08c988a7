"""From nodes to values: variables, plan, account and region put in, and every path's place kept.

What refers to a table or function stays a Template until `link` knows them all. Variables' values are never searched for
references themselves.
"""

from collections.abc import Iterable
from collections.abc import Mapping as Lookup
from dataclasses import dataclass, field, replace
from typing import Any

from orchestrator.errors import Problem
from orchestrator.kinds import ROOTS
from orchestrator.kinds.task.spec import TASKS
from orchestrator.model import Path, Position, Text, dotted
from orchestrator.planning.nodes import Entry, Mapping, Node, Scalar, Sequence
from orchestrator.planning.problems import at, under
from orchestrator.planning.references import LITERAL, BadReference, Reference, has_reference, parse
from orchestrator.planning.suggest import did_you_mean, listed
from orchestrator.planning.values import Mark, sort_of, text_of

RESOURCES = tuple(ROOTS)
"""Heads of references that name declared things."""
SECTIONS = (*RESOURCES, TASKS)
"""What a plan declares, at its top level or in its stages."""

_SECRET_MAPS = ("environment", "tags")
"""The maps whose keys are of the user's choice and say nothing."""

MAX_PROBLEMS = 1000
"""Of one file."""

_NO_REFERENCES = ("version", "plan", "variables")
_NO_RESOURCES = ("account", "region")


@dataclass(frozen=True, slots=True)
class Template:
    """A string that still names resources; `hidden` where a sensitive value is part of it, with those as its `secrets`."""

    pieces: tuple[str | Reference, ...]
    hidden: bool = False
    secrets: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Scope:
    """What references find without looking at other resources: `constants` are plan, account and region."""

    variables: Lookup[str, Any]
    sensitive: frozenset[str]
    constants: Lookup[str, str]

    def find(self, reference: Reference, *, items: bool = False) -> Any:
        """The value of a variable or constant. Raises BadReference; `items` where an item's attributes might have been meant."""
        head, *rest = reference.path
        if head == "var":
            return self._variable(reference, rest)
        if head in self.constants and not rest:
            return self.constants[head]
        if head in self.constants:
            raise BadReference(f"`{reference.written}` goes on after `{head}`.", f"Write `${{{head}}}`.")
        if head in ("account", "region"):
            raise BadReference(f"`{reference.written}` is not known in this place.", "Use a variable.")
        if head in self.variables:
            raise BadReference(f"`{reference.written}` lacks `var.`.", f"Write `${{var.{head}}}`.")
        if head == "item":
            message = f"`{reference.written}` is an attribute of an item, and there is none in this place."
            raise BadReference(message, f"It works in what a backfill sets: `set: {{name: …}}`. {LITERAL}.")
        heads = ("var", *self.constants, *RESOURCES, *(["item"] if items else ()))
        action = did_you_mean(head, heads, f"References begin with one of {', '.join(heads)}. {LITERAL}.")
        raise BadReference(f"`{reference.written}` names nothing that a plan knows.", action)

    def _variable(self, reference: Reference, rest: list[str]) -> Any:
        if len(rest) != 1:
            raise BadReference(
                f"`{reference.written}` is no variable.", "Write `${var.NAME}`; nothing can follow the name."
            )
        if rest[0] not in self.variables:
            declared = listed(self.variables) or "none"
            action = did_you_mean(
                rest[0], self.variables, f"Declare it under `variables`; declared so far: {declared}."
            )
            raise BadReference(f"`{reference.written}` names a variable that is not declared.", action)
        return self.variables[rest[0]]

    def is_secret(self, piece: str | Reference) -> bool:
        return isinstance(piece, Reference) and piece.path[0] == "var" and piece.path[-1] in self.sensitive


class TooManyProblems(Exception):
    """A file has so much wrong with it that looking on takes time and says nothing new."""


class Budget:
    """How much references may still add to one plan: values that name each other can grow without end."""

    def __init__(self, left: int = 8_000_000) -> None:
        self._left = left

    def spend(self, value: Any) -> None:
        """Raises BadReference when nothing is left. A string costs its characters, anything else one a value."""
        self._left -= 1 + _size(value)
        if self._left < 0:
            raise BadReference("The plan is too large with all references put in.", "Use shorter values.")


def _size(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Text):
        return sum(len(part) for part in value.parts if isinstance(part, str))
    if isinstance(value, dict):
        return sum(1 + _size(inner) for inner in value.values())
    if isinstance(value, list):
        return sum(1 + _size(inner) for inner in value)
    return 1


@dataclass(slots=True)
class Filled:
    """One plan file's values. `keys` has the place of every path's key (or item), `places` that of its value.

    `templates` are the strings still to link, which stand in `values` as well; `secret` the paths whose whole value is a
    sensitive variable.
    """

    values: dict[str, Any] = field(default_factory=dict)
    keys: dict[Path, Position] = field(default_factory=dict)
    places: dict[Path, Position] = field(default_factory=dict)
    templates: dict[Path, Template] = field(default_factory=dict)
    secret: set[Path] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    budget: Budget = field(default_factory=Budget)

    def note(self, problem: Problem) -> None:
        """Keep a problem. Raises TooManyProblems where one more helps nobody."""
        self.problems.append(problem)
        if len(self.problems) >= MAX_PROBLEMS:
            raise TooManyProblems

    def key_place(self, path: Path) -> Position | None:
        """Where the key of `path` stands, else the nearest thing around it."""
        return next((self.keys[path[:end]] for end in range(len(path), -1, -1) if path[:end] in self.keys), None)

    def value_place(self, path: Path) -> Position | None:
        """Where the value of `path` begins, else as `key_place`."""
        return self.places.get(path) or self.key_place(path)

    def put(self, path: Path, value: Any) -> None:
        """Replace the value at `path`, which exists."""
        holder: Any = self.values
        for element in path[:-1]:
            holder = holder[element]
        holder[path[-1]] = value


def fill_fixed(root: Mapping, filled: Filled) -> None:
    """The values of the keys in which no reference works: version, plan and variables."""
    filled.keys[()] = root.position
    scope = Scope({}, frozenset(), {})
    _Filler(filled, scope, scope).top(entry for entry in root.entries if entry.key in _NO_REFERENCES)


def fill_rest(root: Mapping, filled: Filled, scope: Scope, early: Scope) -> None:
    """All other values; `early` is the scope of `account` and `region` themselves, which know only variables."""
    _Filler(filled, scope, early).top(entry for entry in root.entries if entry.key not in _NO_REFERENCES)


def peek(root: Mapping, key: str, scope: Scope) -> str | None:
    """The string at a top-level key if it can be had without any problem; `fill` reports what is wrong with it."""
    node = next((entry.value for entry in root.entries if entry.key == key), None)
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        return None
    try:
        value = put_in(node.value, scope)
    except BadReference:
        return None
    return value if isinstance(value, str) else None


class _Filler:
    def __init__(self, filled: Filled, scope: Scope, early: Scope) -> None:
        self.filled = filled
        self._scope = scope
        self._early = early

    def top(self, entries: Iterable[Entry]) -> None:
        self.filled.values.update(self._entries(entries, ()))

    def _entries(self, entries: Iterable[Entry], path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for entry in entries:
            inner = (*path, entry.key)
            self.filled.keys[inner] = entry.position
            if has_reference(entry.key):
                self._refuse_key(entry, inner)
            else:
                found[entry.key] = self._value(entry.value, inner)
        return found

    def _value(self, node: Node, path: Path) -> Any:
        if isinstance(node, Mapping):
            return self._entries(node.entries, path)
        if isinstance(node, Sequence):
            return [self._item(item, (*path, number)) for number, item in enumerate(node.items)]
        self.filled.places[path] = node.position
        if isinstance(node.value, str) and has_reference(node.value):
            return self._string(node.value, path, node.position)
        return node.value

    def _item(self, node: Node, path: Path) -> Any:
        self.filled.keys[path] = node.position
        return self._value(node, path)

    def _string(self, text: str, path: Path, position: Position) -> Any:
        try:
            return self._referring(text, path)
        except BadReference as error:
            self.filled.note(at(position, "reference", under(path, error.message), error.action, path))
            return Mark.UNRESOLVED

    def _referring(self, text: str, path: Path) -> Any:
        if path[0] in _NO_REFERENCES:
            return _literal(text, f"`{path[0]}`")
        early = path[0] in _NO_RESOURCES
        scope = self._early if early else self._scope
        value = put_in(text, scope, items=_of_a_backfill(path))
        self.filled.budget.spend(value)
        if isinstance(value, Template):
            if early:
                raise BadReference(f"`{path[0]}` can't depend on a resource.", "Use a variable, or write it out.")
            self.filled.templates[path] = value
        elif any(scope.is_secret(piece) for piece in parse(text)):
            if isinstance(value, dict) and path[-1] not in _SECRET_MAPS:
                action = f"Only {' and '.join(_SECRET_MAPS)} take one: elsewhere its keys would be shown."
                raise BadReference("a sensitive map can't stand here.", action)
            self.filled.secret.add(path)
        return value

    def _refuse_key(self, entry: Entry, path: Path) -> None:
        message = f"{dotted(path[:-1]) or 'The plan'}: the key `{entry.key}` has a reference; they work in values only."
        action = "Write the key out. A table's or function's own name goes into its `name`."
        self.filled.note(at(entry.position, "reference-in-key", message, action, path))


def _literal(text: str, where: str) -> str:
    pieces = parse(text)
    if any(isinstance(piece, Reference) for piece in pieces):
        raise BadReference(f"References do not work in {where}.", f"Write the value out. {LITERAL}.")
    return "".join(map(str, pieces))


def _of_a_backfill(path: Path) -> bool:
    """Whether a value stands in the `set` of a backfill: `tasks.ID.backfill.set.…`."""
    return path[0] == TASKS and path[2:4] == ("backfill", "set")


def put_in(text: str, scope: Scope, *, items: bool = False) -> Any:
    """A string with what `scope` knows put in: a value of any type, a str, a Text or a Template. Raises BadReference.

    `items` leaves `${item.attribute}` as it is, for a backfill, and every other `${` as `$${`, to tell them apart.
    """
    pieces = [_kept(piece) for piece in parse(text)] if items else parse(text)
    if len(pieces) == 1 and isinstance(pieces[0], Reference) and pieces[0].path[0] not in RESOURCES:
        value = scope.find(pieces[0], items=items)
        return _escaped(value) if items else value
    hidden, secrets, found = False, frozenset[str](), []
    for piece in pieces:
        if isinstance(piece, str) or piece.path[0] in RESOURCES:
            found.append(piece)
            continue
        value = scope.find(piece, items=items)
        if value is Mark.UNRESOLVED:
            return value
        if isinstance(value, Text):
            hidden, secrets = True, secrets | value.sensitive
        found.append(_escaped(_inside(value, piece)) if items else _inside(value, piece))
    if any(isinstance(piece, Reference) for piece in found):
        return Template(tuple(found), hidden, secrets)
    whole = "".join(map(str, found))
    return (
        Text((whole,), True, secrets | {whole}) if hidden else whole
    )  # the whole: a part may be too short to be known again


def _kept(piece: str | Reference) -> str | Reference:
    """A piece as it stays in the `set` of a backfill: a reference to the item as it is written, texts escaped."""
    if isinstance(piece, str):
        return str(_escaped(piece))
    return piece.written if piece.path[0] == "item" else piece


def _escaped(value: Any) -> Any:
    """A value whose strings, hidden ones too, have `$${` for `${`."""
    if isinstance(value, str):
        return value.replace("${", "$${")
    if isinstance(value, Text):
        return replace(value, parts=tuple(map(_escaped, value.parts)), secrets=value.sensitive)
    if isinstance(value, dict):
        return {key: _escaped(inner) for key, inner in value.items()}
    return [_escaped(inner) for inner in value] if isinstance(value, list) else value


def _inside(value: Any, reference: Reference) -> str:
    text = value.reveal() if isinstance(value, Text) else text_of(value)
    if text is None:
        message = f"`{reference.written}` is {sort_of(value)} inside a longer string."
        raise BadReference(message, "A list or a map can only be a whole value.")
    return text
