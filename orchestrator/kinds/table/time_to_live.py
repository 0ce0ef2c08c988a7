"""Time to live. AWS takes one change an hour, and a change of the attribute is two (fact sheet, section 3).

The second half of such a change is background work (plan language, Gates). Nothing tells when the last change was: one that comes
too soon after another is refused by AWS, and whether what is to be turned on was on with another attribute before can't be seen.
So turning on holds no start-up where AWS refuses it, nor one that only looks; turning off is never a second half and holds both.
"""

from collections.abc import Sequence
from dataclasses import replace

from orchestrator.kinds.contract import About, Move, Setting
from orchestrator.kinds.fields import OFF
from orchestrator.kinds.table import aspects, lanes
from orchestrator.kinds.table.lanes import Place
from orchestrator.kinds.table.live import TableLive
from orchestrator.kinds.table.spec import TableSpec
from orchestrator.kinds.table.subjects import Table
from orchestrator.model import UNREAD, Call, Change, Finding, Scope, Unread

FIELD = "ttl"

BETWEEN_CHANGES = lanes.HOUR + lanes.MINUTE
"""Seconds between two changes: AWS's hour, and a minute because the two clocks need not agree."""


def _live(table: TableLive) -> str | Unread | None:
    if table.ttl is UNREAD:
        return UNREAD
    return table.ttl.attribute if table.ttl.on else OFF


def _moves(before: str, after: str, subject: Table) -> Sequence[Move]:
    """Of another attribute the second half comes an hour later, and no start-up waits for it (plan language, Gates)."""
    if before == OFF:
        return [_on(after, subject)]
    summary, call = f"turn time to live off ({before})", _call(subject, before, on=False)
    if after == OFF:
        return [Move(summary, call, before, OFF, deadline=lanes.TTL)]
    on = replace(_on(after, subject), order=Place.TTL_AGAIN, gate="background", pause=BETWEEN_CHANGES)
    return [Move(summary, call, before, OFF, "replace", deadline=lanes.TTL), on]


def _on(attribute: str, subject: Table) -> Move:
    summary, call = f"turn time to live on ({attribute})", _call(subject, attribute, on=True)
    return Move(summary, call, OFF, attribute, deadline=lanes.TTL, postponable=True)


def _call(subject: Table, attribute: str, *, on: bool) -> Call:
    specification = {"Enabled": on, "AttributeName": attribute}
    return lanes.call(subject.name, "UpdateTimeToLive", TimeToLiveSpecification=specification)


def _hazards(change: Change, subject: Table) -> Sequence[Finding]:
    before, after = change.before, change.after
    if after == OFF:
        return []
    check = f"Check what {after} holds in the items that are there already."
    message = f"Items whose {after} lies in the past will be deleted, usually within two days."
    if before == OFF:
        return [Finding("warning", "ttl-on", message, check)]
    between = (
        f"Time to live goes from {before} to {after}. AWS takes one change an hour, so for about an hour it is off and no item "
        f"expires; that {after} is turned on then is background work."
    )
    return [Finding("warning", "ttl-replaced", f"{between} {message}", check)]


ROW: Setting[TableSpec, TableLive] = Setting(
    FIELD,
    Place.TTL,
    wanted=lambda spec: spec.ttl,
    live=_live,
    moves=_moves,
    fresh=OFF,
    scope=Scope.SELF,
    reads=lambda spec, _: frozenset({aspects.TTL}),
    hazards=_hazards,
    about=About(
        ("dynamodb:UpdateTimeToLive",),
        "DescribeTimeToLive says that it is on or off, or becomes so. Another attribute takes two calls with an hour between.",
        "A second change within an hour, by AWS: it is left to a later run, unless the run waits for all.",
    ),
)
