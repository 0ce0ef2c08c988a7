"""What Python's reader of JSON takes and nobody means: a key that stands twice in one object, NaN and infinity."""

from collections.abc import Sequence
from typing import Any


class Twice(ValueError):
    """`key` stands twice: JSON keeps the last, and nobody would see it."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"the key {key!r} stands twice")


def once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these pairs, as an `object_pairs_hook`. Raises Twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise Twice(next(key for key in keys if keys.count(key) > 1))
    return found


def no_number(text: str) -> Any:
    """As a `parse_constant`. Raises ValueError."""
    raise ValueError(f"{text} is no number")
