"""Whether a table shows a change as made: what the engine asks before each call and after it. Total, never raises."""

from orchestrator.kinds import settings
from orchestrator.kinds.comparison import plain
from orchestrator.kinds.table import keys
from orchestrator.kinds.table.deletion import BACKUP
from orchestrator.kinds.table.live import TableLive
from orchestrator.kinds.table.settings import ROWS
from orchestrator.kinds.table.steps import STATUS
from orchestrator.model import UNREAD, Change, Pending, Settled, Text, Verdict


def reached(change: Change, live: TableLive | None) -> bool:
    """A table is created once one of that key and those local indexes is there; its indexes have their own changes."""
    if change.field == STATUS:
        return live is None or live.status != change.before
    if change.effect == "delete":
        return live is None
    if live is None or live.status == "DELETING":
        return False
    if change.field == BACKUP:
        return _backed_up(change, live)
    if change.whole:
        return keys.same(live, change.after)
    row = ROWS.get(change.field)
    return row is not None and settings.reached(row, change, live)


def motion(change: Change, live: TableLive | None) -> Verdict:
    """Whether what `change` is about is on its way by itself, although the table counts as settled. Total."""
    row = ROWS.get(change.field)
    if live is not None and change.field == BACKUP:
        return _backing_up(change, live)
    if live is None or live.status == "DELETING" or row is None or change.effect == "delete":
        return Settled()
    return row.motion(change, live)


def _backing_up(change: Change, live: TableLive) -> Verdict:
    name = plain(change.after)
    if isinstance(name, Text) or live.backups is UNREAD:
        return Settled()
    status = live.backups.get(name, "")
    return Settled() if status in ("", "AVAILABLE", "DELETED") else Pending(f"backup {name} {status}")


def _backed_up(change: Change, live: TableLive) -> bool:
    """A backup whose name is not known yet has not been made."""
    name = plain(change.after)
    return not isinstance(name, Text) and live.backups is not UNREAD and live.backups.get(name) == "AVAILABLE"
