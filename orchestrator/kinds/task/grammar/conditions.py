"""Conditions: what ConditionExpression, FilterExpression and KeyConditionExpression say of an item."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import ge, gt, le, lt
from typing import Any, Protocol

from orchestrator.kinds.task.grammar import operands
from orchestrator.kinds.task.grammar.operands import Attribute, Given, Operand, Size
from orchestrator.kinds.task.grammar.syntax import Path, Reader, Wrong
from orchestrator.kinds.task.grammar.values import TYPES, Item, Value, at, member, sortable

ORDERED = frozenset({"S", "N", "B"})
_ORDERS: Mapping[str, Callable[[Any, Any], Any]] = {"<": lt, "<=": le, ">": gt, ">=": ge}
_LONG = {
    "S": "STRING",
    "N": "NUMBER",
    "B": "BINARY",
    "SS": "STRING_SET",
    "NS": "NUMBER_SET",
    "BS": "BINARY_SET",
    "M": "MAP",
    "L": "LIST",
    "BOOL": "BOOLEAN",
    "NULL": "NULL",
}


class Condition(Protocol):
    """`check` raises Wrong for what no item could make right."""

    def holds(self, item: Item, given: Given) -> bool: ...

    def check(self, given: Given) -> None: ...

    def paths(self) -> Iterator[Path]:
        """Those that it is about."""
        ...


@dataclass(frozen=True, slots=True)
class Comparison:
    sign: str
    left: Operand
    right: Operand

    def holds(self, item: Item, given: Given) -> bool:
        left, right = self.left.of(item, given), self.right.of(item, given)
        if self.sign == "=":
            return left is not None and left == right
        if self.sign == "<>":
            return left != right
        if left is None or right is None or not _ordered(left, right):
            return False
        return bool(_ORDERS[self.sign](sortable(left), sortable(right)))

    def check(self, given: Given) -> None:
        _distinct(self.sign, self.left, self.right, given)
        if self.sign in _ORDERS:
            _orderable(self.sign, given, self.left, self.right)

    def paths(self) -> Iterator[Path]:
        return _paths(self.left, self.right)


@dataclass(frozen=True, slots=True)
class Between:
    what: Operand
    low: Operand
    high: Operand

    def holds(self, item: Item, given: Given) -> bool:
        what, low, high = (one.of(item, given) for one in (self.what, self.low, self.high))
        if what is None or low is None or high is None or not _ordered(what, low) or not _ordered(what, high):
            return False
        return bool(sortable(low) <= sortable(what) <= sortable(high))

    def check(self, given: Given) -> None:
        _orderable("BETWEEN", given, self.what, self.low, self.high)
        low, high = self.low.known(given), self.high.known(given)
        if low is None or high is None:
            return
        bounds = f"lower bound operand: {self.low.told(given)}, upper bound operand: {self.high.told(given)}"
        if low[0] != high[0]:
            raise Wrong(f"The BETWEEN operator requires same data type for lower and upper bounds; {bounds}")
        if sortable(low) > sortable(high):
            raise Wrong(
                f"The BETWEEN operator requires upper bound to be greater than or equal to lower bound; {bounds}"
            )

    def paths(self) -> Iterator[Path]:
        return _paths(self.what, self.low, self.high)


@dataclass(frozen=True, slots=True)
class In:
    what: Operand
    among: tuple[Operand, ...]

    def holds(self, item: Item, given: Given) -> bool:
        what = self.what.of(item, given)
        return what is not None and any(what == one.of(item, given) for one in self.among)

    def check(self, given: Given) -> None:
        if len(self.among) > 100:
            raise Wrong(f"The IN operator is provided with too many operands; number of operands: {len(self.among)}")

    def paths(self) -> Iterator[Path]:
        return _paths(self.what, *self.among)


@dataclass(frozen=True, slots=True)
class Both:
    one: Condition
    other: Condition

    def holds(self, item: Item, given: Given) -> bool:
        return self.one.holds(item, given) and self.other.holds(item, given)

    def check(self, given: Given) -> None:
        self.one.check(given)
        self.other.check(given)

    def paths(self) -> Iterator[Path]:
        yield from self.one.paths()
        yield from self.other.paths()


@dataclass(frozen=True, slots=True)
class Either(Both):
    def holds(self, item: Item, given: Given) -> bool:
        return self.one.holds(item, given) or self.other.holds(item, given)


@dataclass(frozen=True, slots=True)
class Not:
    what: Condition

    def holds(self, item: Item, given: Given) -> bool:
        return not self.what.holds(item, given)

    def check(self, given: Given) -> None:
        self.what.check(given)

    def paths(self) -> Iterator[Path]:
        return self.what.paths()


@dataclass(frozen=True, slots=True)
class Exists:
    path: Path
    there: bool

    def holds(self, item: Item, given: Given) -> bool:
        return (at(item, given.path(self.path)) is not None) == self.there

    def check(self, given: Given) -> None:
        """Nothing can be wrong with it."""

    def paths(self) -> Iterator[Path]:
        yield self.path


@dataclass(frozen=True, slots=True)
class OfType:
    """`attribute_type(path, :type)`."""

    path: Path
    kind: Operand

    def holds(self, item: Item, given: Given) -> bool:
        found, kind = at(item, given.path(self.path)), self.kind.of(item, given)
        return found is not None and kind is not None and kind[1] == found[0]

    def check(self, given: Given) -> None:
        kind = self.kind.known(given)
        if kind is None or kind[0] != "S":
            raise _operand_type("attribute_type", "" if kind is None else kind[0])
        if kind[1] not in TYPES:
            raise Wrong(f"Invalid attribute type name found; type: {kind[1]}, valid types: {{{','.join(TYPES)}}}")

    def paths(self) -> Iterator[Path]:
        yield self.path


@dataclass(frozen=True, slots=True)
class BeginsWith:
    what: Operand
    start: Operand

    def holds(self, item: Item, given: Given) -> bool:
        what, start = self.what.of(item, given), self.start.of(item, given)
        if what is None or start is None or what[0] != start[0] or what[0] not in ("S", "B"):
            return False
        return bool(what[1].startswith(start[1]))

    def check(self, given: Given) -> None:
        _distinct("begins_with", self.what, self.start, given)
        for one in (self.what, self.start):
            known = one.known(given)
            if known is not None and known[0] not in ("S", "B"):
                raise _operand_type("begins_with", known[0])

    def paths(self) -> Iterator[Path]:
        return _paths(self.what, self.start)


@dataclass(frozen=True, slots=True)
class Contains:
    what: Operand
    part: Operand

    def holds(self, item: Item, given: Given) -> bool:
        what, part = self.what.of(item, given), self.part.of(item, given)
        if what is None or part is None:
            return False
        kind, content = what
        if kind in ("S", "B"):
            return part[0] == kind and part[1] in content
        if kind == "L":
            return part in content
        return kind in ("SS", "NS", "BS") and part[0] == kind[0] and any(part == member(kind, one) for one in content)

    def check(self, given: Given) -> None:
        _distinct("contains", self.what, self.part, given)

    def paths(self) -> Iterator[Path]:
        return _paths(self.what, self.part)


# ----------------------------------------------------------------------------------------------------------------- reading


def read(reader: Reader) -> Condition:
    """The whole of a condition. OR binds least, then AND, then NOT."""
    found = _either(reader)
    reader.must_end()
    return found


def _either(reader: Reader) -> Condition:
    found = _both(reader)
    while reader.skip("OR"):
        found = Either(found, _both(reader))
    return found


def _both(reader: Reader) -> Condition:
    found = _negated(reader)
    while reader.skip("AND"):
        found = Both(found, _negated(reader))
    return found


def _negated(reader: Reader) -> Condition:
    if reader.skip("NOT"):
        return Not(_negated(reader))
    if reader.next == "(" and not _compares(reader):
        reader.must("(")
        start, found = reader.place, _either(reader)
        if reader.tokens[start] == "(" and reader.closing(start) == reader.place - 1:
            # `((a OR b) AND c)` is right, `((a))` is not.
            raise Wrong("The expression has redundant parentheses;")
        reader.must(")")
        return found
    return _single(reader)


def _compares(reader: Reader) -> bool:
    """Whether what stands in parentheses next is an operand: only one is compared."""
    return reader.tokens[reader.closing(reader.place) + 1].upper() in ("=", "<>", *_ORDERS, "BETWEEN", "IN")


def _single(reader: Reader) -> Condition:
    if reader.calls and reader.next not in ("size", "("):
        return _function(reader)
    left = operands.read(reader)
    if reader.next in ("=", "<>", *_ORDERS):
        return Comparison(reader.take(), left, operands.read(reader))
    if reader.skip("BETWEEN"):
        low = operands.read(reader)
        reader.must("AND")
        return Between(left, low, operands.read(reader))
    if reader.skip("IN"):
        reader.must("(")
        among = [operands.read(reader)]
        while reader.skip(","):
            among.append(operands.read(reader))
        reader.must(")")
        return In(left, tuple(among))
    raise reader.wrong()


def _function(reader: Reader) -> Condition:
    name = reader.take()
    if name not in _TAKES:
        raise Wrong(f"Invalid function name; function: {name}")
    reader.must("(")
    given = [operands.read(reader)]
    while reader.skip(","):
        given.append(operands.read(reader))
    reader.must(")")
    if len(given) != _TAKES[name]:
        raise Wrong(
            "Incorrect number of operands for operator or function; operator or function: "
            f"{name}, number of operands: {len(given)}"
        )
    return _made(name, given)


def _made(name: str, given: list[Operand]) -> Condition:
    first = given[0]
    if name == "begins_with":
        return BeginsWith(first, given[1])
    if name == "contains":
        return Contains(first, given[1])
    if not isinstance(first, Attribute):
        raise Wrong(f"Operator or function requires a document path; operator or function: {name}")
    if name == "attribute_type":
        return OfType(first.path, given[1])
    return Exists(first.path, name == "attribute_exists")


_TAKES = {"attribute_exists": 1, "attribute_not_exists": 1, "attribute_type": 2, "begins_with": 2, "contains": 2}


# ---------------------------------------------------------------------------------------------------------------- checking


def _paths(*compared: Operand) -> Iterator[Path]:
    return (one.path for one in compared if isinstance(one, Attribute | Size))


def _ordered(left: Value, right: Value) -> bool:
    return left[0] == right[0] and left[0] in ORDERED


def _orderable(sign: str, given: Given, *compared: Operand) -> None:
    for one in compared:
        known = one.known(given)
        if known is not None and known[0] not in ORDERED:
            raise _operand_type(sign, known[0])


def _distinct(sign: str, left: Operand, right: Operand, given: Given) -> None:
    if type(left) is type(right) and not isinstance(left, Size) and left.told(given) == right.told(given):
        word = "function" if sign.isidentifier() else "operator"
        raise Wrong(
            "The first operand must be distinct from the remaining operands for this operator or function; "
            f"{word}: {sign}, first operand: {left.told(given)}"
        )


def _operand_type(name: str, kind: str) -> Wrong:
    shown = _LONG.get(kind, kind) if name in _ORDERS else kind
    return Wrong(
        f"Incorrect operand type for operator or function; operator or function: {name}, operand type: {shown}"
    )
