"""Filter patterns: JSON texts to AWS, mappings in a plan. They are compared by what they mean."""

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.kinds.comparison import plain
from orchestrator.kinds.json_text import json_text


def same(live: Sequence[Any] | None, wanted: Sequence[Any]) -> bool:
    """Whether both hold the same patterns; a record passes by any of them, so that their order means nothing."""
    if live is None or len(live) != len(wanted):
        return False
    left = [plain(pattern) for pattern in live]
    for pattern in wanted:
        if plain(pattern) not in left:
            return False
        left.remove(plain(pattern))
    return True


def criteria(patterns: Sequence[Any]) -> Mapping[str, Any]:
    """FilterCriteria; `{}` clears (fact sheet 11.10)."""
    return {"Filters": [{"Pattern": json_text(pattern)} for pattern in patterns]} if patterns else {}
