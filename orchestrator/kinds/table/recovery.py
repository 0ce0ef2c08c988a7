"""Point-in-time recovery, and how many days it reaches back."""

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.kinds.contract import About, Move, Setting
from orchestrator.kinds.table import aspects, lanes
from orchestrator.kinds.table.lanes import Place
from orchestrator.kinds.table.live import PointInTimeRecovery, TableLive
from orchestrator.kinds.table.spec import TableSpec
from orchestrator.kinds.table.subjects import Table
from orchestrator.model import UNREAD, Change, Finding, Scope

FIELD = "point_in_time_recovery"

DAYS = 35
"""How far back it reaches where nobody said otherwise, and where the service does not tell (fact sheet, section 3)."""


def _wanted(spec: TableSpec) -> Any:
    stated = spec.point_in_time_recovery
    if stated is None:
        return None
    return {"days": stated.days} if stated.enabled and stated.days is not None else stated.enabled


def _live(table: TableLive) -> Any:
    return UNREAD if table.pitr is UNREAD else _form(table.pitr)


def _form(pitr: PointInTimeRecovery) -> Any:
    return {"days": pitr.days} if pitr.enabled and pitr.days is not None else pitr.enabled


def _same(live: Any, wanted: Any) -> bool:
    """A plain `true` leaves the number of days alone."""
    if wanted is True:
        return live is not False
    return bool(({"days": DAYS} if live is True else live) == wanted)


def _moves(before: Any, after: Any, subject: Table) -> Sequence[Move]:
    days = {"RecoveryPeriodInDays": after["days"]} if isinstance(after, Mapping) else {}
    specification = {"PointInTimeRecoveryEnabled": after is not False, **days}
    call = lanes.call(subject.name, "UpdateContinuousBackups", PointInTimeRecoverySpecification=specification)
    return [Move(_summary(before, after), call, before, after, deadline=lanes.PITR)]


def _summary(before: Any, after: Any) -> str:
    """Where it is on already, only its days change."""
    if not isinstance(after, Mapping):
        return f"turn point-in-time recovery {'off' if after is False else 'on'}"
    days = f"{after['days']} days"
    return (
        f"turn point-in-time recovery on ({days})"
        if before is False
        else f"let point-in-time recovery reach back {days}"
    )


def _hazards(change: Change, subject: Table) -> Sequence[Finding]:
    if change.after is not False:
        return []
    message = "Without point-in-time recovery the table can't be restored to any moment, the past days included."
    return [Finding("warning", "pitr-off", message, "Turning it on again later starts a new, empty window.")]


ROW: Setting[TableSpec, TableLive] = Setting(
    FIELD,
    Place.PITR,
    _wanted,
    _live,
    _moves,
    fresh=False,
    equal=_same,
    scope=Scope.SELF,
    reads=lambda spec, _: frozenset({aspects.PITR}),
    hazards=_hazards,
    about=About(
        ("dynamodb:UpdateContinuousBackups",),
        "DescribeContinuousBackups says so.",
        "Any change for up to some ten minutes after the table was made, by AWS: it is waited for.",
    ),
)
