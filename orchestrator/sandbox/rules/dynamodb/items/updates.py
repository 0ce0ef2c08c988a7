"""UpdateExpression: SET, REMOVE, ADD and DELETE. Every operand is read from the item as it was before."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.kinds.task.grammar.operands import Attribute, Given, Literal, Operand
from orchestrator.kinds.task.grammar.syntax import Path, Reader, Wrong, listed
from orchestrator.kinds.task.grammar.values import Item, Value, at
from orchestrator.sandbox.rules.dynamodb import refusals
from orchestrator.sandbox.rules.dynamodb.items import numbers, paths
from orchestrator.sandbox.rules.refusal import Refusal

SETS = frozenset({"SS", "NS", "BS"})
_LONG = {"S": "STRING", "B": "BINARY", "M": "MAP", "L": "LIST", "BOOL": "BOOLEAN", "NULL": "NULL", "N": "NUMBER"}


@dataclass(frozen=True, slots=True)
class IfNotExists:
    path: Path
    otherwise: Operand

    def of(self, item: Item, given: Given) -> Value | None:
        found = at(item, given.path(self.path))
        return self.otherwise.of(item, given) if found is None else found

    def known(self, given: Given) -> Value | None:
        return None

    def told(self, given: Given) -> str:
        return f"if_not_exists({listed(given.path(self.path))})"


@dataclass(frozen=True, slots=True)
class Appended:
    """`list_append(one, other)`."""

    one: Operand
    other: Operand

    def of(self, item: Item, given: Given) -> Value | None:
        one, other = _both("L", (self.one, self.other), item, given)
        return "L", one + other

    def known(self, given: Given) -> Value | None:
        _must_be("L", (self.one, self.other), "list_append", given)
        return None

    def told(self, given: Given) -> str:
        return f"list_append({self.one.told(given)}, {self.other.told(given)})"


@dataclass(frozen=True, slots=True)
class Sum:
    """`one + other` or `one - other`."""

    sign: str
    one: Operand
    other: Operand

    def of(self, item: Item, given: Given) -> Value | None:
        one, other = _both("N", (self.one, self.other), item, given)
        return "N", (numbers.added if self.sign == "+" else numbers.subtracted)(one, other)

    def known(self, given: Given) -> Value | None:
        _must_be("N", (self.one, self.other), self.sign, given)
        return None

    def told(self, given: Given) -> str:
        return f"{self.one.told(given)} {self.sign} {self.other.told(given)}"


@dataclass(frozen=True, slots=True)
class Update:
    """What an update does, by section; `paths` are all that it touches."""

    sets: tuple[tuple[Path, Operand], ...] = ()
    removes: tuple[Path, ...] = ()
    adds: tuple[tuple[Path, Literal], ...] = ()
    deletes: tuple[tuple[Path, Literal], ...] = ()

    def paths(self, given: Given) -> list[Path]:
        touched = [path for path, _ in (*self.sets, *self.adds, *self.deletes)]
        return [given.path(path) for path in (*touched, *self.removes)]

    def check(self, given: Given) -> None:
        """Raises Wrong for what no item could make right."""
        paths.must_be_apart(self.paths(given))
        for _, operand in self.sets:
            operand.known(given)
        for section, taken, kinds in (("ADD", self.adds, SETS | {"N"}), ("DELETE", self.deletes, SETS)):
            for _, literal in taken:
                kind = given.values[literal.placeholder][0]
                if kind not in kinds:
                    raise Wrong(
                        f"Incorrect operand type for operator or function; operator: {section}, operand type: "
                        f"{_LONG.get(kind, kind)}, typeSet: ALLOWED_FOR_{section}_OPERAND"
                    )

    def applied(self, item: Item, given: Given) -> Item:
        """The item as it is afterwards. Raises Refusal where this item can't be updated so."""
        new = item
        found = [(given.path(path), _there(operand, item, given)) for path, operand in self.sets]
        found += [(given.path(path), _added(item, given, path, literal)) for path, literal in self.adds]
        # Places of lists are those of before: what is appended comes in order, what is removed from behind.
        for path, value in sorted(found, key=lambda one: _depths(one[0])):
            new = paths.put(new, path, value)
        removed = [given.path(path) for path in self.removes]
        for path, literal in self.deletes:
            whole, left = given.path(path), _remaining(item, given, path, literal)
            if left is None:
                removed += [whole] if at(item, whole) else []
            else:
                new = paths.put(new, whole, left)
        for path in sorted(removed, key=_depths, reverse=True):
            new = paths.without(new, path)
        return new


def _depths(path: Path) -> tuple[tuple[int, str], ...]:
    return tuple((step, "") if isinstance(step, int) else (-1, step) for step in path)


def _there(operand: Operand, item: Item, given: Given) -> Value:
    value = operand.of(item, given)
    if value is None:
        raise refusals.invalid("The provided expression refers to an attribute that does not exist in the item")
    return value


def _both(kind: str, operands: Sequence[Operand], item: Item, given: Given) -> Sequence[Any]:
    """What is in both operands, which have to be there and of this kind. Raises Refusal."""
    values = [_there(operand, item, given) for operand in operands]
    if any(found != kind for found, _ in values):
        raise _wrong_type()
    return [content for _, content in values]


def _must_be(kind: str, operands: Sequence[Operand], function: str, given: Given) -> None:
    """Raises Wrong for an operand of another kind, as far as that is known without an item."""
    for operand in operands:
        known = operand.known(given)
        if known is not None and known[0] != kind:
            raise _operand_type(function, known[0])


def _added(item: Item, given: Given, path: Path, literal: Literal) -> Value:
    kind, content = given.values[literal.placeholder]
    before = at(item, given.path(path))
    if before is None:
        return kind, content
    if before[0] != kind:
        raise _wrong_type()
    return kind, numbers.added(before[1], content) if kind == "N" else before[1] | content


def _remaining(item: Item, given: Given, path: Path, literal: Literal) -> Value | None:
    """What a DELETE leaves of a set; None where that is nothing."""
    kind, content = given.values[literal.placeholder]
    before = at(item, given.path(path))
    if before is None:
        return None
    if before[0] != kind:
        raise _wrong_type()
    left = before[1] - content
    return (kind, left) if left else None


def _wrong_type() -> Refusal:
    return refusals.invalid("An operand in the update expression has an incorrect data type")


def _operand_type(name: str, kind: str) -> Wrong:
    return Wrong(f"Incorrect operand type for operator or function; operator or function: {name}, operand type: {kind}")


# ----------------------------------------------------------------------------------------------------------------- reading


def read(reader: Reader) -> Update:
    """The whole of an update."""
    sections: dict[str, list[tuple[Path, Operand | None]]] = {}
    while not reader.ended:
        section = next((word for word in ("SET", "REMOVE", "ADD", "DELETE") if reader.skip(word)), None)
        if section is None:
            raise reader.wrong()
        if section in sections:
            raise Wrong(f'The "{section}" section can only be used once in an update expression;')
        taken = sections[section] = [_action(reader, section)]
        while reader.skip(","):
            taken.append(_action(reader, section))
    return Update(
        tuple((path, operand) for path, operand in sections.get("SET", ()) if operand is not None),
        tuple(path for path, _ in sections.get("REMOVE", ())),
        tuple((path, value) for path, value in sections.get("ADD", ()) if isinstance(value, Literal)),
        tuple((path, value) for path, value in sections.get("DELETE", ()) if isinstance(value, Literal)),
    )


def _action(reader: Reader, section: str) -> tuple[Path, Operand | None]:
    path = reader.path()
    if section == "REMOVE":
        return path, None
    if section != "SET":
        return path, Literal(reader.placeholder())
    reader.must("=")
    one = _operand(reader)
    if reader.next in ("+", "-"):
        return path, Sum(reader.take(), one, _operand(reader))
    return path, one


def _operand(reader: Reader) -> Operand:
    if reader.skip("("):
        inner = _operand(reader)
        if reader.next in ("+", "-"):
            inner = Sum(reader.take(), inner, _operand(reader))
        reader.must(")")
        return inner
    if reader.next.startswith(":"):
        return Literal(reader.placeholder())
    if not reader.calls:
        return Attribute(reader.path())
    name = reader.take()
    reader.must("(")
    if name == "if_not_exists":
        path = reader.path()
        reader.must(",")
        found: Operand = IfNotExists(path, _operand(reader))
    elif name == "list_append":
        one = _operand(reader)
        reader.must(",")
        found = Appended(one, _operand(reader))
    else:
        raise Wrong(f"Invalid function name; function: {name}")
    reader.must(")")
    return found
