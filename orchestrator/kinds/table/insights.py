"""CloudWatch Contributor Insights of a table or an index, each with a switch of its own (fact sheet 1.1, section 3).

What is on its way shows as AWS's status in lower case. In which mode they are on is left alone.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.kinds.contract import About, Move, Setting
from orchestrator.kinds.table import aspects, lanes, settling
from orchestrator.kinds.table.lanes import Place
from orchestrator.kinds.table.live import Insights, TableLive
from orchestrator.kinds.table.spec import IndexSpec, TableSpec
from orchestrator.kinds.table.subjects import Index, IndexSeen, Table
from orchestrator.model import UNREAD, Broken, Call, Change, Pending, Scope, Settled, Unread, Verdict

FIELD = "contributor_insights"

_FORMS: Mapping[str, bool] = {"ENABLED": True, "DISABLED": False}
_ON_THE_WAY = {True: "enabling", False: "disabling"}
_STILL = (*_FORMS, "FAILED")


def _form(insights: Insights) -> bool | str:
    return _FORMS.get(insights.status, insights.status.lower())


def _live(table: TableLive, index: str = "") -> bool | str | Unread:
    """Those of the table or of one of its indexes."""
    insights = table.insights.get(index)
    return UNREAD if insights is None else _form(insights)


def _move(before: Any, after: bool, what: str, call: Call, **placed: Any) -> Move:
    """What goes there already is only waited for; what goes elsewhere has to get there before it can be changed."""
    state = "on" if after else "off"
    if before == _ON_THE_WAY[after]:
        summary = f"wait until contributor insights of {what} are {state}"
        return Move(summary, None, before, after, deadline=lanes.INSIGHTS, **placed)
    summary = f"turn contributor insights of {what} {state}"
    return Move(summary, call, before, after, deadline=lanes.INSIGHTS, **placed)


def _call(table: str, after: bool, **of: Any) -> Call:
    action = "ENABLE" if after else "DISABLE"
    return lanes.call(table, "UpdateContributorInsights", **of, ContributorInsightsAction=action)


def _table_moves(before: Any, after: bool, subject: Table) -> Sequence[Move]:
    return [_move(before, after, "the table", _call(subject.name, after))]


def _index_moves(before: Any, after: bool, subject: Index) -> Sequence[Move]:
    """Those of an index that is made in the background come after it."""
    name = subject.ref.name
    late = subject.live is None and subject.declared.gate == "background"
    placed: dict[str, Any] = {"order": Place.OF_BACKGROUND_INDEXES, "gate": "background"} if late else {}
    return [_move(before, after, f"index {name}", _call(subject.name, after, IndexName=name), **placed)]


def _motion(change: Change, insights: Insights, what: str) -> Verdict:
    """FAILED stands in the way of nobody who turns them on anew."""
    if insights.status == "FAILED" and change.after is True:
        reason = insights.failure or "AWS does not say why"
        return Broken(f"contributor insights of {what} are FAILED: {reason}", insights.status, recoverable=True)
    moves = insights.status not in _STILL
    return Pending(f"contributor insights of {what} {insights.status}") if moves else Settled()


def _table_motion(change: Change, table: TableLive) -> Verdict:
    insights = table.insights.get("")
    return Settled() if insights is None else _motion(change, insights, "the table")


def _index_motion(change: Change, seen: IndexSeen) -> Verdict:
    """They can be changed once their index is there."""
    index, insights = settling.of_index(seen.index), seen.table.insights.get(seen.index.name)
    if insights is None or isinstance(index, Pending):
        return index
    return _motion(change, insights, f"index {seen.index.name}")


ABOUT = About(
    ("dynamodb:UpdateContributorInsights",),
    "Their status is ENABLED or DISABLED. FAILED is told in AWS's words.",
    "Any change while the table or index is not ACTIVE, by AWS: it is waited for.",
)

ROW: Setting[TableSpec, TableLive] = Setting(
    FIELD,
    Place.INSIGHTS,
    wanted=lambda spec: spec.contributor_insights,
    live=_live,
    moves=_table_moves,
    fresh=False,
    kept=lambda _, table: _live(table) in (True, _ON_THE_WAY[True]) or None,
    scope=Scope.SELF,
    reads=lambda spec, _: frozenset({aspects.INSIGHTS}),
    motion=_table_motion,
    about=ABOUT,
)

OF_INDEX: Setting[IndexSpec, IndexSeen] = Setting(
    FIELD,
    Place.INSIGHTS,
    wanted=lambda spec: spec.contributor_insights,
    live=lambda seen: _live(seen.table, seen.index.name),
    moves=_index_moves,
    fresh=False,
    kept=lambda _, seen: _live(seen.table, seen.index.name) in (True, _ON_THE_WAY[True]) or None,
    scope=Scope.SELF,
    reads=lambda spec, name: frozenset({f"{aspects.INSIGHTS}:{name}"}),
    motion=_index_motion,
    about=ABOUT,
)
