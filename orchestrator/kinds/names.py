"""What AWS takes as a name (fact sheet 4.2, requirement B8): a pattern for each sort of thing, and how to say it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.kinds.complaint import Complaint
from orchestrator.model import Path


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


_DOTTED, _DOTTED_WORDS = r"[a-zA-Z0-9_.-]{3,255}", "3 to 255 letters, digits, `_`, `-` and `.`"
TABLE = NameRule("a table", _DOTTED, _DOTTED_WORDS)
INDEX = NameRule("an index", _DOTTED, _DOTTED_WORDS)
FUNCTION = NameRule("a function", r"[a-zA-Z0-9_-]{1,64}", "1 to 64 letters, digits, `_` and `-`")
ENVIRONMENT = NameRule(
    "an environment variable",
    r"[a-zA-Z][a-zA-Z0-9_]+",
    "2 or more letters, digits and `_`, beginning with a letter",
)
