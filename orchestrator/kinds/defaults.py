"""What a kind, or a setting, answers that has nothing of its own to say."""

from collections.abc import Sequence
from typing import Any

from orchestrator.model import Change, Finding, Settled, Verdict


def no_motion(change: Change, live: Any) -> Verdict:
    """Nothing moves beside a settled root."""
    return Settled()


def no_pointers(refusal: str) -> frozenset[str]:
    """Of a root of which AWS names nothing by ids of its own."""
    return frozenset()


def whole(before: Any, after: Any) -> tuple[Any, Any]:
    return before, after


def the_same(value: Any) -> Any:
    return value


def nothing_else(kept: Any, wanted: Any) -> Any:
    return wanted


def no_reads(declared: Any, part: str) -> frozenset[str]:
    return frozenset()


def nothing_told(change: Change, live: Any) -> str:
    return ""


def harmless(change: Change, subject: Any) -> Sequence[Finding]:
    return ()
