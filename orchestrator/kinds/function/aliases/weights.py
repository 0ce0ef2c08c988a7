"""Aliases that share their traffic: both versions need the same role and dead-letter target (fact sheet 11.8)."""

from collections.abc import Iterator
from typing import Any

from orchestrator.kinds.comparison import alike
from orchestrator.kinds.contract import Context
from orchestrator.kinds.function.live import FunctionLive, VersionLive
from orchestrator.kinds.function.publication import Publication
from orchestrator.kinds.function.spec import ALIASES, PUBLISHED, AliasSpec, FunctionSpec
from orchestrator.kinds.parts import present
from orchestrator.model import Declared, Finding

Shared = tuple[Any, Any]
WORDS = ("execution role", "dead-letter target")


def findings(
    declared: Declared, live: FunctionLive | None, published: Publication, context: Context
) -> Iterator[Finding]:
    if live is None:
        return
    spec: FunctionSpec = declared.spec
    for name, one in present(spec.aliases).items():
        first = _shared(one, spec, live, published, context)
        for number in one.weights:
            second = _of(live.numbered(number))
            if first is None or second is None or number == one.version:
                continue
            differing = [word for word, a, b in zip(WORDS, first, second, strict=True) if not alike(b, a)]
            if differing:
                message = (
                    f"Alias {name} can't share its traffic with version {number}: that has another "
                    f"{' and another '.join(differing)}."
                )
                ref = declared.ref.child(ALIASES, name)
                yield context.finding(
                    "error", "alias-weights", ref, "weights", message, "Point it to one version alone."
                )


def _shared(
    one: AliasSpec, spec: FunctionSpec, live: FunctionLive, published: Publication, context: Context
) -> Shared | None:
    """What the alias' own version has, or will have; None where that is not known."""
    if one.version != PUBLISHED:
        return _of(live.numbered(one.version))
    if published.change is None:
        return _of(live.newest if isinstance(live.newest, VersionLive) else None)
    role = live.content.role if spec.role is None else context.fill(spec.role)
    dead_letter = live.content.dead_letter if spec.dead_letter is None else context.fill(spec.dead_letter)
    return role, dead_letter


def _of(version: VersionLive | None) -> Shared | None:
    return (version.content.role, version.content.dead_letter) if version is not None else None
