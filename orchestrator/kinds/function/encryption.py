"""The KMS key of a function's environment, in the plan's words: an ARN, or `off` for the key that Lambda owns.

The ARN may be that of an alias (`kinds/kms.py` compares keys).
"""

from collections.abc import Sequence
from typing import Any

from orchestrator.kinds import kms
from orchestrator.kinds.comparison import plain
from orchestrator.kinds.fields import OFF
from orchestrator.kinds.function import configuration
from orchestrator.kinds.function.live import FunctionLive
from orchestrator.kinds.function.subjects import Body, Function
from orchestrator.model import Change, Finding


def _live(function: FunctionLive) -> kms.LiveKey:
    key = function.content.kms_key
    return kms.LiveKey.of(None if key == OFF else key, function.kms_keys)


def _same(seen: kms.LiveKey, wanted: Any) -> bool:
    return seen.key is None if wanted == OFF else seen.means(plain(wanted))


def _part(seen: kms.LiveKey, wanted: Any) -> tuple[Any, Any]:
    return OFF if seen.key is None else seen.key, wanted


def _reads(body: Body, _: str) -> frozenset[str]:
    key = body.spec.kms_key
    return frozenset() if key == OFF else kms.reads(key)


def _hazards(change: Change, subject: Function) -> Sequence[Finding]:
    """Nothing of Lambda's own key, nor of one that is known only while running: that is set without being compared."""
    name = plain(change.after)
    if OFF in (name, subject.seen.content.kms_key) or not isinstance(name, str):
        return ()
    return kms.unresolved(subject.ref, name, kms.title(change.after), subject.seen.kms_keys)


ROW = configuration.row(
    "kms_key",
    "KMSKeyArn",
    lambda key: "" if key == OFF else key,
    live=_live,
    fresh=OFF,
    equal=_same,
    part=_part,
    reads=_reads,
    hazards=_hazards,
    refused="A key that the role may not use; an alias that kms:DescribeKey may not resolve.",
)
