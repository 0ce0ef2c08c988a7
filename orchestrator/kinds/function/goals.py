"""Whether a function shows a change as made: what the engine asks before each call and after it. Total, never raises."""

from orchestrator.kinds import settings
from orchestrator.kinds.function import publication
from orchestrator.kinds.function.live import FunctionLive
from orchestrator.kinds.function.settings import ROWS
from orchestrator.model import Change

LAST_UPDATE = "last_update"
"""The field of the Change that a fresh update makes where the last one failed and nothing differs."""


def reached(change: Change, live: FunctionLive | None) -> bool:
    """C7: `change` shows in live state. A creation has to show the code's digest and every setting that was stated."""
    if change.effect == "delete":
        return live is None
    if live is None or live.deleting:
        return False
    if change.field == publication.FIELD:
        return publication.reached(live)
    if change.field == LAST_UPDATE:
        return live.status.update == "Successful"
    if change.field:
        return _shown(change, live)
    return all(_shown(Change(change.ref, name, None, value, "update"), live) for name, value in change.after.items())


def _shown(change: Change, live: FunctionLive) -> bool:
    row = ROWS.get(change.field)
    return row is not None and settings.reached(row, change, live)
