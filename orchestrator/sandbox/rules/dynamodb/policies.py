"""Resource policies of tables and streams (fact sheet section 3, section 7).

The wording, and the rest of 15 s between two changes, are ack-api-quirks' (DDB-TABLE-205 to
212, 346 to 348). What a policy allows or denies is not modelled: the sandbox knows no callers.
"""

from collections.abc import Mapping
from typing import Any

from orchestrator.sandbox.rules.dynamodb import names, policy_document, refusals
from orchestrator.sandbox.rules.dynamodb.records import Policy, Record, Records
from orchestrator.sandbox.rules.dynamodb.streams import label_at
from orchestrator.sandbox.rules.ground import Ground
from orchestrator.sandbox.rules.lagging import Lagging
from orchestrator.sandbox.rules.refusal import Refusal

NO_POLICY = "NO_POLICY"

Reply = dict[str, Any]
_NEVER = Policy(None, None, float("-inf"))


class ResourcePolicies:
    """Put-, Get- and DeleteResourcePolicy."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def put(self, parameters: Mapping[str, Any], now: float) -> Reply:
        """The same document again is accepted at any time, and keeps its revision."""
        document = policy_document.checked(parameters["Policy"])
        record, arn = self._subject(parameters, now)
        slot = _slot(record, arn)
        _check_revision(slot.holds, parameters.get("ExpectedRevisionId"), arn)
        current = slot.holds
        if current.document is not None and policy_document.same(current.document, document):
            return {"RevisionId": current.revision}
        self._check_free(record, arn, current, now)
        self._change(record, slot, Policy(document, _revision(current, now), now), now)
        return {"RevisionId": slot.holds.revision}

    def delete(self, parameters: Mapping[str, Any], now: float) -> Reply:
        """Deleting what is not there is accepted, unless a revision is expected. The revision is that of the deletion."""
        record, arn = self._subject(parameters, now)
        slot = _slot(record, arn)
        current, expected = slot.holds, parameters.get("ExpectedRevisionId")
        if expected is not None and (current.document is None or expected != current.revision):
            raise _mismatch(arn)
        if current.document is not None:
            self._check_free(record, arn, current, now)
            self._change(record, slot, Policy(None, _revision(current, now), now), now)
        return {} if slot.holds.revision is None else {"RevisionId": slot.holds.revision}

    def get(self, parameters: Mapping[str, Any], now: float) -> Reply:
        """Late by some seconds; of a table just made it may say that there is no such thing (fact sheet, section 7)."""
        record, arn = self._subject(parameters, now)
        if not record.listed(now):
            raise refusals.resource_missing(arn)
        seen = _slot(record, arn).seen(now)
        if seen.document is None:
            message = f"Resource-based policy not found for the provided ResourceArn: {arn}"
            raise Refusal("PolicyNotFoundException", message)
        return {"Policy": policy_document.shown(seen.document), "RevisionId": seen.revision}

    def _subject(self, parameters: Mapping[str, Any], now: float) -> tuple[Record, str]:
        """The table, and the ARN that is meant: its own or its latest stream's."""
        arn = str(parameters["ResourceArn"])
        name, label = names.of_table_or_stream(self._records.ground, arn)
        record = self._records.get(name, now)
        if record is None or (label is not None and label != record.table.stream_label):
            raise refusals.resource_missing(arn)
        return record, arn

    def _check_free(self, record: Record, arn: str, current: Policy, now: float) -> None:
        """A table on its way is refused, as it may be (fact sheet 1.4), and for a while after the last change."""
        table, durations = record.table, self._records.ground.durations
        if table.status != "ACTIVE":
            raise refusals.table_moving(table.name, table.status)
        subject = "table" if arn == table.arn else "stream"
        what = table.name if subject == "table" else str(table.stream_label)
        if now < current.changed + durations.policy:
            raise refusals.policy_pending(f"{subject.title()} is pending previous resource-based policy update: {what}")
        unlocked = current.changed + durations.policy_lock
        if now < unlocked:
            raise Refusal(
                "ThrottlingException",
                f"Resource-based policy for {subject} {what} modified within the previous "
                f"{durations.policy_lock * 1000:.0f} milliseconds. Please try again after {label_at(unlocked)}Z.",
            )

    def _change(self, record: Record, slot: Lagging[Policy], policy: Policy, now: float) -> None:
        ground = self._records.ground
        slot.change(policy, now + record.lag("policy", ground))
        resource, ends = f"table/{record.table.name}", now + ground.durations.policy
        ground.timeline.busy("dynamodb", resource, "update resource policy", now, ends, exclusive=False)


def attach(record: Record, document: str, now: float) -> None:
    """The policy that CreateTable gave, which is there with the table (fact sheet, section 3)."""
    slot = _slot(record, record.table.arn)
    slot.change(Policy(document, _revision(slot.holds, now), now), now)


def check_deletable(record: Record, ground: Ground, now: float) -> None:
    """Raises while a change of the table's policy is pending, although the table is ACTIVE (DDB-TABLE-348)."""
    slot = record.policies.get(record.table.arn)
    if slot is not None and now < slot.holds.changed + ground.durations.policy:
        raise refusals.policy_pending(f"Table: {record.table.name} has a pending resource-based policy update.")


def _slot(record: Record, arn: str) -> Lagging[Policy]:
    return record.policies.setdefault(arn, Lagging(_NEVER))


def _check_revision(current: Policy, expected: str | None, arn: str) -> None:
    """Before anything else: the revision that holds, not the one that reads show (DDB-TABLE-209, 347)."""
    actual = NO_POLICY if current.document is None else current.revision
    if expected is not None and expected != actual:
        raise _mismatch(arn)


def _mismatch(arn: str) -> Refusal:
    message = f"Resource-based policy revision ID did not match for the provided ResourceArn: {arn}"
    return Refusal("PolicyNotFoundException", message)


def _revision(before: Policy, now: float) -> str:
    """The time of the change in milliseconds, and never the one before."""
    stamp = int(now * 1000)
    return str(max(stamp, int(before.revision) + 1) if before.revision else stamp)
