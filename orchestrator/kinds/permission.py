"""Permissions of a function: statements of its resource policies, parts of it, seen inside its live state.

How they are compared and changed is in `kinds/function/permissions`.
"""

from collections.abc import Mapping
from typing import Any

from orchestrator.kinds.contract import About, Attribute, Setting
from orchestrator.kinds.defaults import no_motion
from orchestrator.kinds.function.permissions.difference import reached
from orchestrator.kinds.function.spec import PERMISSIONS as SECTION

ATTRIBUTES: Mapping[str, Attribute] = {}

ROWS: Mapping[str, Setting[Any, Any]] = {}
"""None: a statement is never changed, but removed and added anew."""

ABOUT = About(
    ("lambda:AddPermission", "lambda:RemovePermission"),
    "GetPolicy of the function or of the alias shows the statement, or shows it no more.",
    "A policy over 20 KB; a statement for anybody where the account blocks public access, by AWS.",
)

motion = no_motion

__all__ = ["ABOUT", "ATTRIBUTES", "ROWS", "SECTION", "motion", "reached"]
