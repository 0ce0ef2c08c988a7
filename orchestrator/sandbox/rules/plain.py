"""What requests and replies are made of: dicts, lists, and what can't change."""

from typing import Any

NESTED = (dict, list)


def copied(value: Any) -> Any:
    """The same value with dicts and lists of its own, so that no change of either shows in the other."""
    if isinstance(value, dict):
        return {key: copied(inner) if isinstance(inner, NESTED) else inner for key, inner in value.items()}
    if isinstance(value, list):
        return [copied(inner) if isinstance(inner, NESTED) else inner for inner in value]
    return value
