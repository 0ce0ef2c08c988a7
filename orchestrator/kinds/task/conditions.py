"""What DynamoDB would refuse of a condition, by its own grammar, before anything is sent."""

from collections.abc import Mapping
from typing import Any

from orchestrator.kinds.complaint import Complaint
from orchestrator.kinds.task.grammar import conditions
from orchestrator.kinds.task.grammar.conditions import Condition
from orchestrator.kinds.task.grammar.operands import Given
from orchestrator.kinds.task.grammar.syntax import Reader, Reserved, Wrong
from orchestrator.kinds.task.grammar.values import Value
from orchestrator.model import Path, Text, walk

REFUSED = "condition-refused"
_ADVICE = (
    'Every value stands behind a placeholder (`values: {":v": …}`); AND, OR and NOT join comparisons and functions.'
)


def unread(condition: str, names: Mapping[str, str], path: Path) -> Complaint | None:
    """What is wrong with its words; `path` is where it stands below the task, `names` what placeholders stand for."""
    try:
        _read(condition)
    except Reserved as wrong:
        placeholder = next((one for one, name in names.items() if name == wrong.word), f"#{wrong.word}")
        message = f"<path> names the attribute `{wrong.word}`, which is a reserved word of DynamoDB's."
        beside = "" if placeholder in names else f', and `names: {{"{placeholder}": {wrong.word}}}` beside it'
        return Complaint(path, "reserved-word", message, f"Write `{placeholder}` in its place{beside}.")
    except Wrong as wrong:
        return _refused(path, wrong)
    return None


def unfit(
    condition: str, names: Mapping[str, str], values: Mapping[str, Mapping[str, Any]], path: Path
) -> Complaint | None:
    """What no item could make right of one that can be read, with the attribute `values` behind its placeholders. Nothing is
    said where one of them is hidden, or known only later.
    """
    found = _read(condition)
    if found is None or any(isinstance(leaf, Text) for leaf in walk(values)):
        return None
    try:
        found.check(Given(names, {placeholder: _value(value) for placeholder, value in values.items()}))
    except Wrong as wrong:
        return _refused(path, wrong)
    return None


def _read(condition: str) -> Condition | None:
    """None where it is nested more deeply than can be looked into: then DynamoDB says what it makes of it."""
    try:
        return conditions.read(Reader(condition))
    except RecursionError:
        return None


def _refused(path: Path, wrong: Wrong) -> Complaint:
    return Complaint(path, REFUSED, f"<path> is no condition that DynamoDB takes: {str(wrong).rstrip(';')}.", _ADVICE)


def _value(value: Mapping[str, Any]) -> Value:
    ((kind, content),) = value.items()
    match kind:
        case "L":
            return kind, tuple(map(_value, content))
        case "M":
            return kind, {name: _value(inner) for name, inner in content.items()}
        case "SS" | "NS" | "BS":
            return kind, frozenset(content)
    return kind, content
