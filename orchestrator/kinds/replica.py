"""Replicas of a global table: parts of a table, listed in its live state, read in their own Regions, changed on its lane.

How they are compared and changed is in `kinds/table/replicas.py`, `replica_settings.py` and `replica_steps.py`.
"""

from collections.abc import Mapping

from orchestrator.kinds.contract import About, Attribute
from orchestrator.kinds.table import replicas
from orchestrator.kinds.table.live import TableLive
from orchestrator.kinds.table.replica_settings import ROWS
from orchestrator.kinds.table.seen import Seen, here
from orchestrator.kinds.table.spec import REPLICAS as SECTION
from orchestrator.model import Change, Verdict


def _own(seen: Seen, region: str) -> TableLive | None:
    table = here(seen)
    replica = table.replicas.get(region) if table else None
    return replica.seen if replica else None


def _arn(seen: Seen, region: str) -> str | None:
    own = _own(seen, region)
    return own.arn if own else None


def _stream_arn(seen: Seen, region: str) -> str | None:
    own = _own(seen, region)
    return own.stream_arn if own else None


ATTRIBUTES: Mapping[str, Attribute] = {"arn": Attribute(_arn), "stream_arn": Attribute(_stream_arn)}
"""AWS turns on a stream in each Region when it makes a table global (fact sheet 8.1)."""


def reached(change: Change, seen: Seen) -> bool:
    """Whether the table shows `change` of a replica as made."""
    return replicas.reached(change, here(seen))


def motion(change: Change, seen: Seen) -> Verdict:
    """Whether what `change` of a replica is about is still on its way by itself."""
    return replicas.motion(change, here(seen))


ABOUT = About(
    ("dynamodb:UpdateTable", "application-autoscaling:DeregisterScalableTarget"),
    "It is ACTIVE in the table's list, and its own Region shows the table and every index ACTIVE; gone: the table lists it no "
    "more. What scaled it there ends after it.",
    "A Region that has a table of that name already; the table's own Region; a table that is neither on demand nor scales "
    "its writes. AWS keeps a Region from which a replica was made for 24 hours.",
)

__all__ = ["ABOUT", "ATTRIBUTES", "ROWS", "SECTION", "motion", "reached"]
