"""Contributor Insights of tables and their global secondary indexes (fact sheet 1.1, 1.4, section 3).

The wording and what a list leaves out is ack-api-quirks' (DDB-TABLE-089 to 095, 116, 337 to 345).
"""

from collections.abc import Mapping
from typing import Any

from orchestrator.sandbox.rules.dynamodb import names, refusals
from orchestrator.sandbox.rules.dynamodb.records import Insights, Passage, Record, Records
from orchestrator.sandbox.rules.dynamodb.state import Index, Keys
from orchestrator.sandbox.rules.refusal import Refusal

MODE = "ACCESSED_AND_THROTTLED_KEYS"
PAGE = 100
_MOVING = frozenset({"ENABLING", "DISABLING"})

Reply = dict[str, Any]


class ContributorInsights:
    """Update-, Describe- and ListContributorInsights."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._failing: dict[tuple[str, str | None], tuple[str, str]] = {}

    def fail_next(self, table: str, index: str | None, exception: str, description: str) -> None:
        """Let the next activation for that table or index end in FAILED."""
        self._failing[table, index] = (exception, description)

    def update(self, parameters: Mapping[str, Any], now: float) -> Reply:
        """On, off, or on in another mode. What has settled that way already stays as it is."""
        record, index = self._subject(parameters, now)
        enable, mode = parameters["ContributorInsightsAction"] == "ENABLE", parameters.get("ContributorInsightsMode")
        if mode and not enable:
            raise refusals.invalid("ContributorInsightsMode cannot be specified when disabling ContributorInsights.")
        _check_state(record, index)
        current = _current(record, index)
        if current is not None and current.passage.status(now) in _MOVING:
            # No source tells what AWS answers to a change of mind: the stricter way.
            raise _invalid_state(f"ContributorInsights is {current.passage.status(now)}.")
        if not _changes(current, enable, mode or MODE, now):
            return _reply(record, index, current, now)
        made = self._begun(record, index, current, mode or MODE, now, enable=enable)
        record.insights[index.name if index else None] = made
        shown = _reply(record, index, made, now) | {"ContributorInsightsStatus": made.passage.during}
        return shown | {"ContributorInsightsMode": made.mode}

    def describe(self, parameters: Mapping[str, Any], now: float) -> Reply:
        """Never switched on: DISABLED and nothing else."""
        record, index = self._subject(parameters, now)
        current = _current(record, index)
        shown = _reply(record, index, current, now)
        if current is None:
            return shown
        status = current.passage.status(now)
        if status != "FAILED":
            shown["ContributorInsightsRuleList"] = _rules(record, index, current) if status != "DISABLED" else []
        elif current.failure:
            name, description = current.failure
            shown["FailureException"] = {"ExceptionName": name, "ExceptionDescription": description}
        return shown | {"LastUpdateDateTime": current.changed}

    def list(self, parameters: Mapping[str, Any], now: float) -> Reply:
        """A page of tables and their indexes, without those that are DISABLED; a token is the number of those before it."""
        records = [self._record(parameters, now)] if parameters.get("TableName") else self._records.all(now)
        found = [shown for record in records for shown in _summaries(record, now)]
        token, size = str(parameters.get("NextToken") or 0), parameters.get("MaxResults") or PAGE
        if not token.isdecimal():
            raise refusals.invalid("Invalid NextToken")
        start = int(token)
        reply: Reply = {"ContributorInsightsSummaries": found[start : start + size]}
        return reply | ({"NextToken": str(start + size)} if len(found) > start + size else {})

    def _begun(
        self, record: Record, index: Index | None, current: Insights | None, mode: str, now: float, *, enable: bool
    ) -> Insights:
        durations, name = self._records.ground.durations, index.name if index else None
        seconds = durations.insights_enable if enable else durations.insights_disable
        failure = self._failing.pop((record.table.name, name), None) if enable else None
        resource, what = f"table/{record.table.name}", "enable insights" if enable else "disable insights"
        self._records.ground.timeline.busy("dynamodb", resource, what, now, now + seconds, exclusive=False)
        after = ("FAILED" if failure else "ENABLED") if enable else "DISABLED"
        passage = Passage("ENABLING" if enable else "DISABLING", after, now + seconds)
        kept = mode if enable or current is None else current.mode
        return Insights(index.made if index else 0, kept, passage, now, failure)

    def _subject(self, parameters: Mapping[str, Any], now: float) -> tuple[Record, Index | None]:
        """The table and, where one is named, its global secondary index."""
        record, name = self._record(parameters, now), parameters.get("IndexName")
        if name is None:
            return record, None
        index = record.table.index(name)
        if index is None or (index.creating and index.backfilling is False):
            # An index is unknown to this service until some time after its creation began (DDB-TABLE-116).
            raise Refusal(
                "ResourceNotFoundException",
                f"Requested resource not found: Index: {name} not found for table: {record.table.name}",
                in_transition=index is not None,
            )
        return record, index

    def _record(self, parameters: Mapping[str, Any], now: float) -> Record:
        return names.existing(self._records, parameters, now)


def _check_state(record: Record, index: Index | None) -> None:
    """A table that is UPDATING is changed all the same (fact sheet 1.4)."""
    if record.table.status not in ("ACTIVE", "UPDATING"):
        raise _invalid_state("TableStatus must be ACTIVE to enable ContributorInsights.")
    if index is not None and index.status not in ("ACTIVE", "UPDATING"):
        raise _invalid_state("IndexStatus must be ACTIVE to enable ContributorInsights.")


def _invalid_state(why: str) -> Refusal:
    message = f"Table or Index is not in a valid state to update Key Access Insights: {why}"
    return refusals.invalid(message, in_transition=True)


def _current(record: Record, index: Index | None) -> Insights | None:
    """None where it was never switched on, also for an index of the same name before this one."""
    found = record.insights.get(index.name if index else None)
    return None if found is None or (index is not None and found.made != index.made) else found


def _changes(current: Insights | None, enable: bool, mode: str, now: float) -> bool:
    """Whether there is anything to do; without a mode, ENABLE goes back to the default one (DDB-TABLE-341)."""
    status = current.passage.status(now) if current else "DISABLED"
    if not enable:
        return status != "DISABLED"
    return current is None or status != "ENABLED" or current.mode != mode


def _reply(record: Record, index: Index | None, current: Insights | None, now: float) -> Reply:
    shown: Reply = {"TableName": record.table.name} | ({"IndexName": index.name} if index else {})
    if current is None:
        return shown | {"ContributorInsightsStatus": "DISABLED"}
    return shown | {
        "ContributorInsightsStatus": current.passage.status(now),
        "ContributorInsightsMode": current.mode,
    }


def _summaries(record: Record, now: float) -> list[Reply]:
    shown = [_reply(record, index, _current(record, index), now) for index in (None, *record.table.indexes)]
    return [summary for summary in shown if summary["ContributorInsightsStatus"] != "DISABLED"]


def _rules(record: Record, index: Index | None, current: Insights) -> list[str]:
    """The CloudWatch rules: of accessed (C) and throttled (T) partition keys (PK), with the sort key (SK) where there is one."""
    keys: Keys = index.keys if index else record.table.keys
    subject = f"{record.table.name}-{index.name}" if index else record.table.name
    kinds = ("C", "T") if current.mode == MODE else ("T",)
    parts = ("PK", "SK") if any(role == "RANGE" for _, role in keys) else ("PK",)
    stamp = int(current.changed * 1000)
    return [f"DynamoDBContributorInsights-{part}{kind}-{subject}-{stamp}" for part in parts for kind in kinds]
