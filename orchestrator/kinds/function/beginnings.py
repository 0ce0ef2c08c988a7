"""Which calls can have begun what moves of a function (fact sheet 11.2, 11.7, 11.9)."""

from orchestrator.kinds.function.live import FunctionLive, VersionLive
from orchestrator.kinds.function.settling import STEADY
from orchestrator.model import Inquiry

CREATION, DELETION = frozenset({"lambda:CreateFunction"}), frozenset({"lambda:DeleteFunction"})
UPDATES = frozenset({"lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration"})
PUBLICATIONS = frozenset({"lambda:PublishVersion", "lambda:UpdateFunctionCode", "lambda:CreateFunction"})
PROVISIONING = frozenset({"lambda:PutProvisionedConcurrencyConfig"})
RESTORING = "Restoring"
"""What an idle function does when it is invoked: that is no call that the log has."""


def inquiry(live: FunctionLive | None) -> Inquiry | None:
    """None where nothing moves that a call about the function can have begun; mappings are changed by ids of their own."""
    if live is None:
        return None
    operations = _operations(live)
    return Inquiry((live.name, live.arn), operations) if operations else None


def _operations(live: FunctionLive) -> frozenset[str]:
    status = live.status
    if status.state == "Failed":
        return frozenset()
    if status.state == "Deleting":
        return DELETION
    if status.state == "Pending":
        return frozenset() if status.code == RESTORING else CREATION
    if status.update == "InProgress":
        return UPDATES
    if isinstance(live.newest, VersionLive) and live.newest.status.state not in (*STEADY, "Failed"):
        return PUBLICATIONS
    allocated = (one for one in live.attached.provisioned.values() if one is not None)
    return PROVISIONING if any(one.status == "IN_PROGRESS" for one in allocated) else frozenset()
