"""ReplicaUpdates as it is written: one action, by itself (fact sheet 2.2, 8.1; ack-api-quirks, DDB-TABLE-224 and 265)."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.sandbox.rules.dynamodb import refusals

MEMBER = "ReplicaUpdates"
ACTIONS = ("Create", "Update", "Delete")
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")


@dataclass(frozen=True, slots=True)
class ReplicaAction:
    """The entry of ReplicaUpdates: Create, Update or Delete with what stands under it."""

    action: str
    region: str
    given: Mapping[str, Any]


def read(parameters: Mapping[str, Any], changes: Collection[str]) -> ReplicaAction | None:
    """The action that an UpdateTable asks for, None for none. `changes` are the members that change something."""
    if parameters.get("MultiRegionConsistency") == "STRONG":
        raise refusals.not_modelled("global tables of multi-Region strong consistency")
    entries = parameters.get(MEMBER)
    if entries is None:
        if parameters.get("MultiRegionConsistency") is not None:
            raise refusals.invalid("MultiRegionConsistency can only be specified when replicas are created")
        return None
    if any(parameters.get(member) is not None for member in changes if member != MEMBER):
        raise refusals.invalid_values("Replica modification must be the only operation in the request")
    stated = [_action(entry) for entry in entries]
    if len(stated) > 1:
        raise refusals.invalid("Update table operation with more than one create or delete replica actions not allowed")
    if not REGION.fullmatch(stated[0].region):
        raise refusals.invalid(f"Region {stated[0].region} is not supported.")
    return stated[0]


def _action(entry: Mapping[str, Any]) -> ReplicaAction:
    stated = [action for action in ACTIONS if entry.get(action) is not None]
    if not stated:
        raise refusals.invalid("There are no actions specified in the Replica Update Action of the request.")
    if len(stated) > 1:
        raise refusals.invalid("Update table operation with more than one type of replica actions not allowed.")
    return ReplicaAction(stated[0], entry[stated[0]]["RegionName"], entry[stated[0]])
