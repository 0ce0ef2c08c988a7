"""Aliases of a function: parts of it, seen inside its live state and changed on its lane.

How they are compared and changed is in `kinds/function/aliases`.
"""

from collections.abc import Mapping
from typing import Any

from orchestrator.kinds.contract import About, Attribute, Setting
from orchestrator.kinds.defaults import no_motion
from orchestrator.kinds.function.aliases.difference import reached, seen
from orchestrator.kinds.function.live import FunctionLive
from orchestrator.kinds.function.spec import ALIASES as SECTION


def _arn(live: FunctionLive | None, name: str) -> str | None:
    alias = seen(live, name)
    return alias.arn if alias else None


ATTRIBUTES: Mapping[str, Attribute] = {"arn": Attribute(_arn)}

ROWS: Mapping[str, Setting[Any, Any]] = {}
"""None: UpdateAlias takes the alias as a whole."""

ABOUT = About(
    ("lambda:CreateAlias", "lambda:UpdateAlias", "lambda:DeleteAlias"),
    "ListAliases shows it. It moves to a version once that is Active, whoever published it.",
    "Weights between $LATEST and a version, or a version and itself; a version that is not there, or that is Failed.",
)

motion = no_motion

__all__ = ["ABOUT", "ATTRIBUTES", "ROWS", "SECTION", "motion", "reached"]
