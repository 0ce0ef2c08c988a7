"""The expressions of one request, with the names and values that they share. Each text is parsed once."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeVar

from orchestrator.kinds.task.grammar import conditions
from orchestrator.kinds.task.grammar.conditions import Condition
from orchestrator.kinds.task.grammar.operands import Given
from orchestrator.kinds.task.grammar.syntax import Path, Reader, Wrong
from orchestrator.sandbox.rules.dynamodb import refusals
from orchestrator.sandbox.rules.dynamodb.items import paths, updates
from orchestrator.sandbox.rules.dynamodb.items.updates import Update
from orchestrator.sandbox.rules.dynamodb.items.values import value_of
from orchestrator.sandbox.rules.refusal import Refusal

T = TypeVar("T")
Parsed = tuple[T, frozenset[str], frozenset[str]]
"""What was parsed, and which placeholders of names and of values it has."""

LONGEST = 4096
LEGACY = (
    "Expected",
    "ConditionalOperator",
    "AttributeUpdates",
    "AttributesToGet",
    "KeyConditions",
    "QueryFilter",
    "ScanFilter",
)
_NAMES, _VALUES = "ExpressionAttributeNames", "ExpressionAttributeValues"


def _projection(reader: Reader) -> tuple[Path, ...]:
    found = [reader.path()]
    while reader.skip(","):
        found.append(reader.path())
    reader.must_end()
    return tuple(found)


@lru_cache(maxsize=4096)
def _parsed(read: Callable[[Reader], T], text: str) -> Parsed[T]:
    reader = Reader(text)
    return read(reader), frozenset(reader.names), frozenset(reader.values)


class Expressions:
    """Of one request, or of one action of a transaction. Each is asked for once; `done` then says that no name is left over."""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        """Raises Refusal where names or values are none."""
        for legacy in LEGACY:
            if parameters.get(legacy):
                raise refusals.not_modelled(f"{legacy}, which expressions have replaced")
        self._parameters = parameters
        self._stated = False
        self._used: set[str] = set()
        for member, sign in ((_NAMES, "#"), (_VALUES, ":")):
            stated = parameters.get(member)
            if stated is not None and not stated:
                raise refusals.invalid(f"{member} must not be empty")
            for key in stated or ():
                if not key.startswith(sign) or len(key) < 2:
                    raise refusals.invalid(f'{member} contains invalid key: Syntax error; key: "{key}"')
        self.given = Given(
            parameters.get(_NAMES) or {},
            {key: _value(key, value) for key, value in (parameters.get(_VALUES) or {}).items()},
        )

    def condition(self, parameter: str = "ConditionExpression") -> Condition | None:
        """The condition that `parameter` has, if any. Raises Refusal where it is none."""
        found = self._read(parameter, conditions.read)
        if found is not None:
            self._check(parameter, found.check)
        return found

    def update(self) -> Update | None:
        found = self._read("UpdateExpression", updates.read)
        if found is not None:
            self._check("UpdateExpression", found.check)
        return found

    def projection(self) -> list[Path] | None:
        found = self._read("ProjectionExpression", _projection)
        if found is None:
            return None
        resolved = [self.given.path(path) for path in found]
        self._check("ProjectionExpression", lambda given: paths.must_be_apart(resolved))
        return resolved

    def done(self) -> None:
        """Raises Refusal where a name or a value was given that no expression has."""
        for member, given in ((_NAMES, self.given.names), (_VALUES, self.given.values)):
            unused = [key for key in given if key not in self._used]
            if unused and not self._stated:
                raise refusals.invalid(f"{member} can only be specified when using expressions")
            if unused:
                raise refusals.invalid(
                    f"Value provided in {member} unused in expressions: keys: {{{', '.join(unused)}}}"
                )

    def _read(self, parameter: str, read: Callable[[Reader], T]) -> T | None:
        text = self._parameters.get(parameter)
        if text is None:
            return None
        self._stated = True
        if len(text) > LONGEST:
            raise refusals.invalid(
                f"Invalid {parameter}: Expression size has exceeded the maximum allowed size; expression size: {len(text)}"
            )
        try:
            parsed: Parsed[T] = _parsed(read, text)
        except Wrong as wrong:
            raise refusals.invalid(f"Invalid {parameter}: {wrong}") from None
        found, names, values = parsed
        for kind, used, given in (
            ("name used in the document path", names, self.given.names),
            ("value used in expression", values, self.given.values),
        ):
            if missing := sorted(used - given.keys()):
                what = "name" if kind.startswith("name") else "value"
                raise refusals.invalid(
                    f"Invalid {parameter}: An expression attribute {kind} is not defined; attribute {what}: {missing[0]}"
                )
        self._used |= names | values
        return found

    def _check(self, parameter: str, check: Callable[[Given], None]) -> None:
        try:
            check(self.given)
        except Wrong as wrong:
            raise refusals.invalid(f"Invalid {parameter}: {wrong}") from None


def _value(key: str, value: Mapping[str, Any]) -> Any:
    try:
        return value_of(value)
    except Refusal as refusal:
        raise refusals.invalid(
            f"ExpressionAttributeValues contains invalid value: {refusal.message} for key {key}"
        ) from None
