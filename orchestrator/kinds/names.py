"""What AWS takes as a name (fact sheet 4.2, requirement B8): a rule for each sort of thing, and how to say it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.kinds.complaint import Complaint
from orchestrator.model import Path


@dataclass(frozen=True, slots=True)
class NameRule:
    """Which characters a name is made of (a class of a pattern), how many, which it begins with, and how to say it.

    `form` is a pattern of the whole, where there is more to it: then nothing is said of lengths.
    """

    sort: str
    characters: str
    shortest: int
    longest: int | None
    words: str
    first: str = "."
    form: str = ""

    def check(self, name: str, path: Path) -> Iterator[Complaint]:
        if faults := list(self._faults(name)):
            message = f"<path>: `{name[:80]}` can't be the name of {self.sort}."
            yield Complaint(path, "bad-name", message, f"AWS takes {self.words}; this one {' and '.join(faults)}.")

    def _faults(self, name: str) -> Iterator[str]:
        if odd := re.sub(self.characters, "", name):
            yield "has a space in it" if odd[0] == " " else f"has `{odd[0]}` in it"
        elif name and not re.match(self.first, name):
            yield f"begins with `{name[0]}`"
        if self.form:
            yield from () if odd or re.fullmatch(self.form, name) else ("has another form",)
        elif len(name) < self.shortest or (self.longest is not None and len(name) > self.longest):
            yield f"has a length of {len(name)}"


_DOTTED, _DOTTED_WORDS = "[a-zA-Z0-9_.-]", "3 to 255 letters, digits, `_`, `-` and `.`"
TABLE = NameRule("a table", _DOTTED, 3, 255, _DOTTED_WORDS)
INDEX = NameRule("an index", _DOTTED, 3, 255, _DOTTED_WORDS)
REGION = NameRule(
    "a Region",
    "[a-z0-9-]",
    9,
    25,
    "the name of a Region, such as us-west-2",
    form="[a-z]{2,}(-[a-z]+)+-[0-9]+",
)
FUNCTION = NameRule("a function", "[a-zA-Z0-9_-]", 1, 64, "1 to 64 letters, digits, `_` and `-`")
ENVIRONMENT = NameRule(
    "an environment variable",
    "[a-zA-Z0-9_]",
    2,
    None,
    "2 or more letters, digits and `_`, beginning with a letter",
    first="[a-zA-Z]",
)
