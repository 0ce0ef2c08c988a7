"""The KMS key of a function's environment: which names of it mean the same key.

GetFunction gives an ARN, and a plan may hold that of an alias; only kms:DescribeKey tells that they are the same. In the
plan's words: an ARN, or `off` for the key that Lambda owns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.kinds.contract import plain
from orchestrator.kinds.function import configuration
from orchestrator.kinds.function.aspects import KMS
from orchestrator.kinds.function.live import OFF, FunctionLive
from orchestrator.kinds.function.subjects import Body, Function
from orchestrator.model import Change, Finding


@dataclass(frozen=True, slots=True)
class Seen:
    """The live key's ARN, or `off`, and the other names that are known to mean it."""

    key: str
    names: frozenset[str] = frozenset()


def _live(function: FunctionLive) -> Seen:
    key = function.content.kms_key
    return Seen(key, frozenset(name for name, arn in function.keys.items() if arn == key))


def _same(seen: Seen, wanted: Any) -> bool:
    return plain(wanted) in {seen.key, *seen.names}


def _part(seen: Seen, wanted: Any) -> tuple[Any, Any]:
    return seen.key, wanted


def _reads(body: Body, _: str) -> frozenset[str]:
    """The alias that kms:DescribeKey must tell about. A key's own ARN is compared as it stands, a hidden one is not asked for."""
    key = body.spec.kms_key
    return frozenset({f"{KMS}:{key}"} if isinstance(key, str) and _is_alias(key) else ())


def _hazards(change: Change, subject: Function) -> Sequence[Finding]:
    """An error where nobody can tell whether the live key is the one that the plan names."""
    name = plain(change.after)
    if subject.seen.content.kms_key == OFF or not (isinstance(name, str) and _is_alias(name)):
        return ()
    answer = subject.seen.keys.get(name)
    if isinstance(answer, str):
        return ()
    because = f": kms:DescribeKey answered {answer.code}" if answer else ""
    shown = f"KMS key {change.after}" if isinstance(change.after, str) else "the stated KMS key"
    message = f"Whether {subject.name} has {shown} already can't be told{because}."
    action = (
        "Allow kms:DescribeKey on that key, or write the key's own ARN (`kms_key: arn:aws:kms:REGION:ACCOUNT:key/ID`)."
    )
    return (Finding("error", "kms-key-unresolved", message, action),)


def _is_alias(arn: str) -> bool:
    return ":alias/" in arn


ROW = configuration.row(
    "kms_key",
    "KMSKeyArn",
    lambda key: "" if key == OFF else key,
    live=_live,
    fresh=OFF,
    same=_same,
    part=_part,
    reads=_reads,
    hazards=_hazards,
    refused="A key that the role may not use; an alias that kms:DescribeKey may not resolve.",
)
