"""References to attributes that a thing does not have by itself: each is there, or comes with what the plan changes."""

from collections.abc import Mapping
from typing import Any

from orchestrator.kinds import KINDS, attribute
from orchestrator.kinds.contract import Basis, Diff
from orchestrator.kinds.fields import is_off
from orchestrator.model import Change, Declared, FromLive, Ref


def lacking(late: FromLive, root: Declared, diff: Diff, live: Any) -> Basis | None:
    """What `late` rests on where it would never be known: live state does not have it, and `diff` of its root brings none.

    None also where the root can't be changed at all: that is told of the root itself, and its changes may be left out.
    """
    basis = KINDS[late.ref.section].ATTRIBUTES[late.field].rests_on
    if basis is None or any(finding.level == "error" for finding in diff.findings):
        return None
    if any(_brings(change, late.ref, name) for change in diff.changes for name in basis.fields):
        return None
    stays = late.field not in diff.changing and attribute(late, live, root) is not None
    return None if stays else basis


def _brings(change: Change, ref: Ref, name: str) -> bool:
    """Whether `change` gives the thing at `ref` the setting `name`, or a part of the section `name`."""
    if change.ref != ref:
        return change.comes and change.ref.path[:-1] == (*ref.path, name)
    if change.comes:
        return isinstance(change.after, Mapping) and _given(change.after.get(name))
    return change.field == name and _given(change.after)


def _given(value: Any) -> bool:
    return value is not None and not is_off(value)
