"""What became of the items of a backfill, counted."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Tally:
    """`scanned` items were read; of those that `where` holds for, `updated` were, `alike` were already what an update makes of
    them, `passed` were gone, or `where` held no more, when their turn came; `lacking` had not what is taken of them, or
    something that can't be part of a string.
    """

    scanned: int = 0
    updated: int = 0
    alike: int = 0
    passed: int = 0
    lacking: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(**{name: getattr(self, name) + getattr(other, name) for name in self.__slots__})

    def one(self, sort: str) -> "Tally":
        """With one more of a sort."""
        return replace(self, **{sort: getattr(self, sort) + 1})

    @property
    def body(self) -> Mapping[str, Any]:
        """As it is kept; `Tally(**body)` is the same."""
        return {name: getattr(self, name) for name in self.__slots__}

    @property
    def sentence(self) -> str:
        """`1,200 items scanned: 1,000 updated, 200 lack an attribute that is taken of them`."""
        said = {
            "updated": self.updated,
            "were so already": self.alike,
            "were gone or changed when their turn came": self.passed,
            "lack an attribute that is taken of them, or have one that can't be part of a string": self.lacking,
        }
        told = ", ".join(f"{count:,} {words}" for words, count in said.items() if count or words == "updated")
        return f"{self.scanned:,} item{'' if self.scanned == 1 else 's'} scanned: {told}"
