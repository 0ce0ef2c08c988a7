"""KeyConditionExpression: which partition a query is about."""

from collections.abc import Iterator, Mapping

from orchestrator.kinds.task.grammar.conditions import (
    BeginsWith,
    Between,
    Both,
    Comparison,
    Condition,
    Either,
    In,
    Not,
)
from orchestrator.kinds.task.grammar.operands import Attribute, Given, Literal, Operand
from orchestrator.kinds.task.grammar.values import Value
from orchestrator.sandbox.rules.dynamodb import refusals
from orchestrator.sandbox.rules.dynamodb.state import Keys
from orchestrator.sandbox.rules.refusal import Refusal

_WORDS: Mapping[type, str] = {Either: "OR", In: "IN", Not: "NOT"}


def partition(condition: Condition, keys: Keys, types: Mapping[str, str], given: Given) -> tuple[Value, ...]:
    """The values of the partition key. Raises Refusal where it is none for these keys."""
    compared: dict[str, Condition] = {}
    for one in _all(condition):
        name, values = _compared(one, given)
        if name in compared:
            raise _wrong("KeyConditionExpressions must only contain one condition per key")
        if name in types and any(value[0] != types[name] for value in values):
            raise refusals.invalid_values("Condition parameter type does not match schema type")
        compared[name] = one
    found = tuple(_equal(compared, attribute, given) for attribute, role in keys if role == "HASH")
    sorts = [attribute for attribute, role in keys if role == "RANGE"]
    hashes = {attribute for attribute, role in keys if role == "HASH"}
    if (count := sum(name in compared for name in sorts)) and not set(sorts[:count]) <= compared.keys():
        # Sort keys are compared from the left.
        missed = next(name for name in sorts if name not in compared)
        raise refusals.invalid(f"Query condition missed key schema element: {missed}")
    if compared.keys() - hashes - set(sorts):
        raise refusals.invalid("Query key condition not supported")
    return found


def _all(condition: Condition) -> Iterator[Condition]:
    if word := _WORDS.get(type(condition)):
        raise _wrong(f"Invalid operator used in KeyConditionExpression: {word}")
    if isinstance(condition, Both):
        yield from _all(condition.one)
        yield from _all(condition.other)
    else:
        yield condition


def _compared(one: Condition, given: Given) -> tuple[str, list[Value]]:
    """The attribute that is compared, and with what."""
    match one:
        case Comparison(sign, Attribute() as what, Literal() as value) if sign != "<>":
            return _named(what, given), _known(given, value)
        case Between(Attribute() as what, Literal() as low, Literal() as high):
            return _named(what, given), _known(given, low, high)
        case BeginsWith(Attribute() as what, Literal() as start):
            return _named(what, given), _known(given, start)
    raise _wrong("Invalid operator or operand used in KeyConditionExpression")


def _named(what: Attribute, given: Given) -> str:
    path = given.path(what.path)
    if len(path) > 1:
        raise _wrong("KeyConditionExpressions cannot have conditions on nested attributes")
    return str(path[0])


def _known(given: Given, *operands: Operand) -> list[Value]:
    return [value for operand in operands if (value := operand.known(given)) is not None]


def _equal(compared: Mapping[str, Condition], attribute: str, given: Given) -> Value:
    one = compared.get(attribute)
    if one is None:
        raise refusals.invalid(f"Query condition missed key schema element: {attribute}")
    if not isinstance(one, Comparison) or one.sign != "=":
        raise refusals.invalid("Query key condition not supported")
    return _known(given, one.right)[0]


def _wrong(text: str) -> Refusal:
    return refusals.invalid(f"Invalid KeyConditionExpression: {text}")
