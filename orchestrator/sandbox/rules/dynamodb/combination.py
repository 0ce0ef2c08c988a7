"""What one UpdateTable may hold together, judged before any state is looked at (fact sheet 2.1 to 2.3)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from orchestrator.sandbox.rules.dynamodb import names, refusals, replica_request
from orchestrator.sandbox.rules.dynamodb.replica_request import ReplicaAction

UNMODELLED = frozenset(
    {
        "GlobalTableWitnessUpdates",
        "GlobalTableSettingsReplicationMode",
        "DisassociationProtectionEnabled",
        "VectorIndexUpdates",
    }
)

MEMBERS = {
    "ProvisionedThroughput": "throughput",
    "BillingMode": "billing",
    "StreamSpecification": "stream",
    "SSESpecification": "encryption",
    "TableClass": "class",
    "DeletionProtectionEnabled": "protection",
    "OnDemandThroughput": "ceilings",
    "WarmThroughput": "warm",
    "ReplicaUpdates": "replicas",
}
"""Members of the request and the topics that they are about; index updates are three topics more."""

INDEX_ACTIONS = {"Create": "index create", "Update": "index update", "Delete": "index delete"}

TOGETHER = frozenset(
    frozenset(pair)
    for pair in (
        ("throughput", "billing"),
        ("throughput", "index update"),
        ("throughput", "protection"),
        ("billing", "index update"),
        ("billing", "protection"),
        ("billing", "ceilings"),
        ("index update", "protection"),
        ("index update", "ceilings"),
        ("stream", "protection"),
        ("stream", "ceilings"),
        ("protection", "ceilings"),
    )
)
"""The pairs of fact sheet 2.2 that are accepted; what it knows nothing of counts as refused."""

_ONLINE = frozenset({"index create", "index delete"})
_IOPS = frozenset({"throughput", "billing"})


@dataclass(frozen=True, slots=True)
class IndexAction:
    """One entry of GlobalSecondaryIndexUpdates: Create, Update or Delete with what stands under it."""

    action: str
    name: str
    given: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """A well-formed UpdateTable: its topics, its index actions, and its one action on a replica."""

    name: str
    parameters: Mapping[str, Any]
    topics: frozenset[str]
    actions: tuple[IndexAction, ...]
    replica: ReplicaAction | None = None

    def given(self, member: str) -> Any:
        return self.parameters.get(member)

    def of(self, action: str) -> tuple[IndexAction, ...]:
        return tuple(entry for entry in self.actions if entry.action == action)


def read(name: str, parameters: Mapping[str, Any]) -> Request:
    """The request with its topics, or the refusal that needs no look at the table."""
    if beyond := UNMODELLED & parameters.keys():
        raise refusals.not_modelled(f"UpdateTable with {', '.join(sorted(beyond))}")
    replica = replica_request.read(parameters, {*MEMBERS, "GlobalSecondaryIndexUpdates"})
    actions = tuple(_action(entry) for entry in parameters.get("GlobalSecondaryIndexUpdates") or ())
    topics = {topic for member, topic in MEMBERS.items() if parameters.get(member) is not None}
    topics |= {INDEX_ACTIONS[entry.action] for entry in actions}
    if not topics:
        raise refusals.invalid(
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or "
            "SSESpecification or ReplicaUpdates is required"
        )
    _check_index_actions(actions)
    _check_topics(frozenset(topics))
    _check_index_warmth(actions, frozenset(topics))
    return Request(name, parameters, frozenset(topics), actions, replica)


def _action(entry: Mapping[str, Any]) -> IndexAction:
    stated = [action for action in INDEX_ACTIONS if entry.get(action) is not None]
    if not stated:
        raise refusals.invalid_values(
            "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
            "GlobalSecondaryIndexUpdate.Delete must not be null"
        )
    if len(stated) > 1:
        raise refusals.invalid_values(
            "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object"
        )
    given = entry[stated[0]]
    names.check_name(given["IndexName"], "indexName")
    return IndexAction(stated[0], given["IndexName"], given)


def _check_index_actions(actions: Sequence[IndexAction]) -> None:
    for name, count in Counter(entry.name for entry in actions).items():
        if count > 1:
            raise refusals.invalid_values(
                f"Only one global secondary index update per index is allowed simultaneously. Index: {name}"
            )
    if sum(entry.action != "Update" for entry in actions) > 1:
        # The caller's own mistake, by the same code as a clash with work in flight (fact sheet 1.5).
        raise refusals.limit(refusals.ONE_ONLINE_INDEX)


def _check_index_warmth(actions: Sequence[IndexAction], topics: frozenset[str]) -> None:
    warming = [entry for entry in actions if entry.action == "Update" and "WarmThroughput" in entry.given]
    if warming and (len(actions) > 1 or len(topics) > 1 or warming[0].given.keys() > {"IndexName", "WarmThroughput"}):
        raise refusals.invalid_values("WarmThroughput of an index must be updated by itself")


def _check_topics(topics: frozenset[str]) -> None:
    if "encryption" in topics and len(topics) > 1:
        raise refusals.invalid_values("Server-Side Encryption modification must be the only operation in the request")
    if "class" in topics and len(topics) > 1:
        raise refusals.invalid_values("TableClass modification must be the only operation in the request")
    for pair in combinations(sorted(topics), 2):
        if frozenset(pair) not in TOGETHER:
            raise _not_together(frozenset(pair))


def _not_together(pair: frozenset[str]) -> Exception:
    if "stream" in pair and pair & _IOPS:
        return refusals.invalid_values("You cannot modify stream status while updating table IOPS")
    if pair & _ONLINE and pair & _IOPS:
        return refusals.invalid("Cannot create or delete index while updating table ProvisionedThroughput")
    return refusals.invalid_values(f"{' and '.join(sorted(pair))} cannot be changed in one UpdateTable")
