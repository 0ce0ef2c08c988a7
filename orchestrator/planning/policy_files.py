"""`resource_policy: {file: policy.json}`: the document of a file, taken as it stands (no reference is put into it).

A table's spec enters; one that holds the document itself leaves. What is wrong with the file raises InvalidPlan.
"""

import json
from pathlib import Path
from typing import Any

from orchestrator.errors import InvalidPlan, Problem
from orchestrator.kinds.table.spec import TableSpec
from orchestrator.planning.files import NotRead, content
from orchestrator.planning.json_once import no_number, once
from orchestrator.planning.suggest import listed
from orchestrator.planning.yaml_text import MAX_BYTES

SETTING = "resource_policy"
DEEPEST = 50
"""Levels of a document; what AWS takes as a policy has fewer."""

_SUFFIXES = (".json",)


def named(spec: Any) -> Any:
    """What a spec names as the file of its policy; None where it names none."""
    stated = spec.resource_policy if isinstance(spec, TableSpec) else None
    return stated.get("file") if isinstance(stated, dict) and "file" in stated else None


def document(spec: TableSpec, folder: Path) -> dict[str, Any]:
    """The document that `spec` names a file of; paths are relative to `folder`. Raises InvalidPlan."""
    stated = spec.resource_policy
    assert isinstance(stated, dict)
    if others := [key for key in stated if key != "file"]:
        message = f"`file` stands beside {listed(others)}; a policy is written here or in a file."
        raise InvalidPlan(Problem("policy-file", message, "Leave one of them out."))
    if not isinstance(stated["file"], str):
        raise InvalidPlan(
            Problem("policy-file", "`file` is no path that is known now.", "Write the path of a JSON file.")
        )
    return _read(folder / stated["file"])


def _read(path: Path) -> dict[str, Any]:
    shown = str(path).encode(errors="backslashreplace").decode()
    try:
        data = content(path, _SUFFIXES)
    except NotRead as error:
        action = "Paths are relative to the plan file." if error.missing else error.action
        raise _refusal(shown, error.message, action) from None
    if len(data) > MAX_BYTES:
        raise _refusal(shown, "The file is too large for a policy.", "Name another file.")
    try:
        found = json.loads(data.decode("utf-8-sig"), object_pairs_hook=once, parse_constant=no_number)
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, ValueError) else "it is nested too deeply"
        raise _refusal(shown, f"The file is not JSON: {reason}.", "A policy is one JSON object.") from None
    if _depth(found) > DEEPEST:
        raise _refusal(shown, "The file is nested too deeply for a policy.", "A policy is a few levels deep.")
    if not isinstance(found, dict):
        raise _refusal(shown, "The file holds no JSON object.", "A policy is one, with a `Statement`.")
    return found


def _depth(value: Any) -> int:
    """How many levels there are, counted until it is too many."""
    depth, level = 0, [value]
    while level and depth <= DEEPEST:
        depth += 1
        below = [
            inner.values() if isinstance(inner, dict) else inner for inner in level if isinstance(inner, dict | list)
        ]
        level = [leaf for inner in below for leaf in inner]
    return depth


def _refusal(shown: str, message: str, action: str) -> InvalidPlan:
    return InvalidPlan(Problem("policy-file", f"{shown}: {message}", action, subject=shown))
