"""What AWS takes as names and tags (fact sheet 4.2 and 3, requirement B8), checked before the first call."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.model import Text
from orchestrator.planning.complaint import Complaint
from orchestrator.planning.problems import Path


@dataclass(frozen=True, slots=True)
class NameRule:
    """A pattern for the whole name, and how to say it."""

    sort: str
    pattern: str
    words: str

    def check(self, name: str, path: Path) -> Iterator[Complaint]:
        if not re.fullmatch(self.pattern, name):
            message = f"<path>: `{name[:80]}` can't be the name of {self.sort}."
            yield Complaint(path, "bad-name", message, f"AWS takes {self.words}; this one's length is {len(name)}.")


_LETTERS = "letters, digits, `_`, `-` and `.`"
TABLE = NameRule("a table", r"[a-zA-Z0-9_.-]{3,255}", f"3 to 255 {_LETTERS}")
INDEX = NameRule("an index", r"[a-zA-Z0-9_.-]{3,255}", f"3 to 255 {_LETTERS}")
FUNCTION = NameRule("a function", r"[a-zA-Z0-9_-]{1,64}", "1 to 64 letters, digits, `_` and `-`")
ENVIRONMENT = NameRule(
    "an environment variable",
    r"[a-zA-Z][a-zA-Z0-9_]+",
    "2 or more letters, digits and `_`, beginning with a letter",
)

_MOST_TAGS, _LONGEST_KEY, _LONGEST_VALUE = 50, 128, 256
_RESERVED = "aws:"


def tags(found: Mapping[str, Any] | None) -> Iterator[Complaint]:
    """A resource's tags: how many, how long, and none of AWS's own."""
    if found is None:
        return
    if len(found) > _MOST_TAGS:
        message = f"<path> has {len(found)} tags; {_MOST_TAGS} are the most."
        yield Complaint(("tags",), "too-many-tags", message, "Remove some.")
    for key, value in found.items():
        path: Path = ("tags", key)
        if not 1 <= len(key) <= _LONGEST_KEY:
            message = f"<path>: a tag's key has 1 to {_LONGEST_KEY} characters; this one has {len(key)}."
            yield Complaint(path, "bad-tag", message, "Rename it.")
        if key.casefold().startswith(_RESERVED):
            yield Complaint(path, "bad-tag", f"<path>: keys in `{_RESERVED}` are AWS's own.", "Rename it.")
        if (length := known_length(value)) > _LONGEST_VALUE:
            message = f"<path>: a tag's value has at most {_LONGEST_VALUE} characters; this one has {length}."
            yield Complaint(path, "bad-tag", message, "Shorten it.")


def known_length(value: str | Text) -> int:
    """Characters of the parts that are known already."""
    parts = (value,) if isinstance(value, str) else value.parts
    return sum(len(part) for part in parts if isinstance(part, str))
