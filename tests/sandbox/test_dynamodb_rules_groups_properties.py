"""Whatever is called in whatever Region and however much time passes: what must always hold of a global table."""

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.durations import Staleness
from orchestrator.sandbox.rules.dynamodb import group
from orchestrator.sandbox.rules.dynamodb.describe import table_description
from orchestrator.sandbox.rules.refusal import Refusal
from tests.sandbox.dynamodb_world import INDEXED, NOON, attributes, creation, deletion, table
from tests.sandbox.global_world import EAST, HOME, WEST, creating, deleting, updating

REGIONS = (HOME, WEST, EAST)
IN_THE_END = 10_000.0
"""Seconds after which whatever is under way has settled."""
SHARED = ("KeySchema", "AttributeDefinitions", "WarmThroughput")

regions = st.sampled_from(REGIONS)
infrequent = st.sampled_from(["STANDARD", "STANDARD_INFREQUENT_ACCESS"])
replica_updates = st.one_of(
    st.builds(creating, regions),
    st.builds(deleting, regions),
    st.builds(lambda region, wanted: updating(region, TableClassOverride=wanted), regions, infrequent),
)
other_updates = st.one_of(
    st.builds(
        lambda name: {
            "AttributeDefinitions": attributes(**{name: "S"}),
            "GlobalSecondaryIndexUpdates": creation(f"by_{name}", name),
        },
        st.sampled_from(["day", "month"]),
    ),
    st.builds(lambda name: {"GlobalSecondaryIndexUpdates": deletion(name)}, st.sampled_from(["by_day", "by_month"])),
    st.builds(lambda flag: {"DeletionProtectionEnabled": flag}, st.booleans()),
    st.builds(lambda flag: {"SSESpecification": {"Enabled": flag}}, st.booleans()),
    st.builds(lambda wanted: {"TableClass": wanted}, infrequent),
    st.builds(lambda units: {"OnDemandThroughput": {"MaxWriteRequestUnits": units}}, st.integers(1, 9)),
    st.builds(lambda units: {"WarmThroughput": {"ReadUnitsPerSecond": units}}, st.integers(12000, 12003)),
    st.just({"StreamSpecification": {"StreamEnabled": False}}),
)
waits = st.sampled_from([0.0, 5.0, 8.0, 40.0, 100.0, 200.0, 600.0, IN_THE_END, 90_000.0])


class GlobalTable(RuleBasedStateMachine):
    """Random calls and waits in three Regions, looked at with the rules' own eyes."""

    @initialize(seed=st.integers(0, 3), stale=st.booleans(), replicated=st.sampled_from([True, True, False]))
    def begin(self, seed: int, stale: bool, replicated: bool) -> None:
        self.account = Account(region=HOME, staleness=Staleness() if stale else Staleness.off(), seed=seed)
        self.now = NOON
        self.account.handle("dynamodb", "CreateTable", table(**INDEXED), self.now)
        self.now += 100
        if replicated:
            self.call(HOME, "UpdateTable", TableName="orders", **creating(WEST))
            self.now += IN_THE_END

    @rule(region=regions, update=replica_updates)
    def change_replicas(self, region: str, update: dict[str, Any]) -> None:
        self.call(region, "UpdateTable", TableName="orders", **update)

    @rule(region=regions, update=st.one_of(replica_updates, other_updates))
    def change_when_settled(self, region: str, update: dict[str, Any]) -> None:
        self.now += IN_THE_END
        self.call(region, "UpdateTable", TableName="orders", **update)

    @rule(
        region=regions, update=st.one_of(replica_updates, other_updates), seconds=st.sampled_from([50.0, 90.0, 430.0])
    )
    def change_meanwhile(self, region: str, update: dict[str, Any], seconds: float) -> None:
        """When tables are ACTIVE again, whatever replicas and indexes do."""
        self.now += seconds
        self.call(region, "UpdateTable", TableName="orders", **update)

    @rule(region=regions, update=other_updates)
    def change(self, region: str, update: dict[str, Any]) -> None:
        self.call(region, "UpdateTable", TableName="orders", **update)

    @rule(region=regions, sure=st.integers(0, 2))
    def delete(self, region: str, sure: int) -> None:
        if not sure:
            self.call(region, "DeleteTable", TableName="orders")

    @rule(seconds=waits)
    def wait(self, seconds: float) -> None:
        self.now += seconds

    def call(self, region: str, operation: str, **parameters: Any) -> None:
        before, refused = self.described(), False
        try:
            self.account.elsewhere(region).handle("dynamodb", operation, parameters, self.now)
        except Refusal:
            refused = True
        assert not refused or self.described() == before, "a refused call has changed nothing, in no Region"

    @invariant()
    def what_is_settled_is_the_same_everywhere(self) -> None:
        """No replica is moving: each copy lists the others, and what they share is one."""
        found = self.described()
        if any(self.moving(shown) for shown in found.values()):
            return
        for region, shown in found.items():
            for other in (replica["RegionName"] for replica in shown.get("Replicas", ())):
                assert region in [replica["RegionName"] for replica in found[other]["Replicas"]]
                assert {key: shown[key] for key in SHARED} == {key: found[other][key] for key in SHARED}
                assert [i["KeySchema"] for i in shown.get("GlobalSecondaryIndexes", ())] == [
                    i["KeySchema"] for i in found[other].get("GlobalSecondaryIndexes", ())
                ]
                assert ("SSEDescription" in shown) == ("SSEDescription" in found[other])
                assert shown.get("OnDemandThroughput") == found[other].get("OnDemandThroughput")
                assert shown["StreamSpecification"] == found[other]["StreamSpecification"]

    @invariant()
    def everything_settles_in_the_end(self) -> None:
        """What is under way is in the timeline of its Region, with an end to come."""
        for region, shown in self.described().items():
            if self.moving(shown):
                intervals = self.account.elsewhere(region).timeline.intervals
                assert max(i.end for i in intervals) > self.now

    @invariant()
    def nothing_clashes(self) -> None:
        if hasattr(self, "account"):
            assert all(self.account.elsewhere(region).timeline.clashes() == [] for region in REGIONS)

    def described(self) -> dict[str, dict[str, Any]]:
        """What is really there, by Region, without counting as a read."""
        found: dict[str, dict[str, Any]] = {}
        for name in REGIONS if hasattr(self, "account") else ():
            region = self.account.elsewhere(name).dynamodb.region
            record = region.records.get("orders", self.now)
            if record is not None:
                replicas = group.descriptions(region, record.table, self.now)
                found[name] = table_description(record.table, self.now, replicas)
        return found

    @staticmethod
    def moving(shown: dict[str, Any]) -> bool:
        statuses = {shown["TableStatus"], shown.get("SSEDescription", {}).get("Status")}
        statuses |= {part["IndexStatus"] for part in shown.get("GlobalSecondaryIndexes", ())}
        statuses |= {part["ReplicaStatus"] for part in shown.get("Replicas", ())}
        warm = {shown.get("WarmThroughput", {}).get("Status")}
        return bool((statuses | warm) & {"CREATING", "UPDATING", "DELETING"})


GlobalTable.TestCase.settings = settings(
    max_examples=100, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestGlobalTable = GlobalTable.TestCase
