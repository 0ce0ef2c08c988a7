"""The nearest legal spelling of a word that is none."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

_LONGEST = 80
_MANY = 60
_LISTED = 10
_SHORTEST_BEGINNING = 3


def nearest(word: str, legal: Iterable[str]) -> str | None:
    """The word of `legal` that was probably meant, if one is near: `projecton`, `Projection`, `int` find theirs."""
    spelled: dict[str, str] = {}
    for candidate in legal:
        spelled.setdefault(_plainly(candidate), candidate)
    plain = _plainly(word[:_LONGEST])
    if plain in spelled:
        return spelled[plain]
    found = get_close_matches(plain, _few(plain, spelled), n=1, cutoff=0.65)
    found = found or _begun(plain, spelled)
    return spelled[found[0]] if found else None


def did_you_mean(word: str, legal: Iterable[str], otherwise: str = "") -> str:
    """`Did you mean …?`, else `otherwise`."""
    meant = nearest(word, legal)
    return f"Did you mean `{meant}`?" if meant is not None else otherwise


@lru_cache(maxsize=8192)
def _plainly(word: str) -> str:
    """AWS's own spellings and the plan language's in one form: ProvisionedThroughput, provisioned-throughput."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word).replace("-", "_").replace(" ", "_").casefold()


def _begun(word: str, candidates: Iterable[str]) -> list[str]:
    """The one candidate that begins with `word`, as `int` begins `integer`."""
    found = [candidate for candidate in candidates if candidate.startswith(word)]
    return found if len(word) >= _SHORTEST_BEGINNING and len(found) == 1 else []


def _few(word: str, candidates: Iterable[str]) -> list[str]:
    """Comparing is slow: of very many candidates only those that begin alike are worth it."""
    found = list(candidates)
    if len(found) <= _MANY:
        return found
    near = [candidate for candidate in found if abs(len(candidate) - len(word)) <= 2]
    for length in range(len(word) - 1, 0, -1):
        if alike := [candidate for candidate in near if candidate.startswith(word[:length])]:
            return alike[:_MANY]
    return near[:_MANY]


def counted(number: int, one: str, many: str = "") -> str:
    """`1 character`, `2 characters`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def listed(words: Iterable[str]) -> str:
    """Words for a message: all of a few, the first of many."""
    found = sorted(words)
    more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    return ", ".join(found[:_LISTED]) + more
