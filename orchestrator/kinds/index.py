"""Global secondary indexes: parts of a table, seen inside its live state and changed on its lane.

How they come and go is in `kinds/table/indexes.py`, their settings are the rows OF_INDEX of `billing.py`, `warmth.py`,
`insights.py` and `scaling.py`, beside the table's own rows: they share the form and, of billing and warmth, the call.
"""

from collections.abc import Mapping

from orchestrator.kinds.contract import About, Attribute
from orchestrator.kinds.table import indexes, inheritance
from orchestrator.kinds.table.indexes import ROWS
from orchestrator.kinds.table.seen import Seen, here
from orchestrator.kinds.table.spec import INDEXES as SECTION
from orchestrator.model import Change, Verdict


def _arn(seen: Seen, name: str) -> str | None:
    table = here(seen)
    index = table.indexes.get(name) if table else None
    return index.arn if index else None


ATTRIBUTES: Mapping[str, Attribute] = {
    "name": Attribute(lambda table, name: name),
    "arn": Attribute(_arn),
}


def reached(change: Change, seen: Seen) -> bool:
    """Whether the table in this Region, or what an absent index has left there, shows `change` of an index as made."""
    if change.field == inheritance.FIELD:
        return inheritance.reached(change, seen)
    return indexes.reached(change, here(seen))


def motion(change: Change, seen: Seen) -> Verdict:
    """Whether what `change` of an index is about is still on its way by itself."""
    return indexes.motion(change, here(seen))


ABOUT = About(
    ("dynamodb:CreateTable", "dynamodb:UpdateTable", "application-autoscaling:DeregisterScalableTarget"),
    "The table and every index are ACTIVE and a query of the new one is answered; gone: DescribeTable lists it no more.",
    "Another key or projection of a live index without `replace: recreate`; a second change beside it, by AWS: they go one "
    "at a time.",
)

__all__ = ["ABOUT", "ATTRIBUTES", "ROWS", "SECTION", "motion", "reached"]
