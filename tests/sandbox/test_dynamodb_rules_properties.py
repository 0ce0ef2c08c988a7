"""Whatever is called and however much time passes: what must always hold of a table."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.durations import Durations, Staleness
from orchestrator.sandbox.rules.dynamodb.describe import table_description
from orchestrator.sandbox.rules.refusal import Refusal
from tests.sandbox.dynamodb_world import (
    INDEXED,
    INDEXED_PROVISIONED,
    NOON,
    attributes,
    creation,
    deletion,
    scaling,
    table,
    throughput,
)

Call = tuple[str, dict[str, Any]]
TABLES = ("orders", "users")
INDEXES = ("by_day", "by_month", "by_year")
TRANSIENT = {"CREATING", "UPDATING", "DELETING"}

names = st.sampled_from(TABLES)
indexes = st.sampled_from(INDEXES)
units = st.integers(1, 20)
waits = st.sampled_from([0.0, 0.5, 3.0, 15.0, 60.0, 120.0, 300.0, 3600.0, 86400.0])


def key(index: str) -> str:
    return index.removeprefix("by_")


def new_index(name: str, kind: str, number: int | None) -> dict[str, Any]:
    more = {} if number is None else {"ProvisionedThroughput": throughput(number)}
    return {
        "AttributeDefinitions": attributes(**{key(name): kind}),
        "GlobalSecondaryIndexUpdates": creation(name, key(name), **more),
    }


def provisioned(scaled: set[str], number: int) -> dict[str, Any]:
    """A flip to provisioned billing with numbers for some of the indexes, perhaps for all that there are."""
    return {
        "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": throughput(number),
        "GlobalSecondaryIndexUpdates": scaling(**dict.fromkeys(sorted(scaled), number)),
    }


index_updates = st.one_of(
    st.builds(new_index, indexes, st.sampled_from(["S", "S", "S", "N"]), st.none() | units),
    st.builds(lambda name: {"GlobalSecondaryIndexUpdates": deletion(name)}, indexes),
    st.builds(lambda name, number: {"GlobalSecondaryIndexUpdates": scaling(**{name: number})}, indexes, units),
)
capacity_updates = st.one_of(
    st.builds(lambda number: {"ProvisionedThroughput": throughput(number)}, units),
    st.just({"BillingMode": "PAY_PER_REQUEST"}),
    st.builds(provisioned, st.sets(indexes) | st.just(set(INDEXES[:1])), units),
    st.builds(lambda limit: {"OnDemandThroughput": {"MaxReadRequestUnits": limit}}, st.sampled_from([-1, 10])),
    st.builds(lambda number: {"WarmThroughput": {"ReadUnitsPerSecond": 12000 + 1000 * number}}, units),
)
other_updates = st.one_of(
    st.just({"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}}),
    st.just({"StreamSpecification": {"StreamEnabled": False}}),
    st.builds(lambda flag: {"SSESpecification": {"Enabled": flag}}, st.booleans()),
    st.builds(lambda name: {"TableClass": name}, st.sampled_from(["STANDARD", "STANDARD_INFREQUENT_ACCESS"])),
    st.builds(lambda flag: {"DeletionProtectionEnabled": flag}, st.booleans()),
)
any_update = st.one_of(
    index_updates,
    capacity_updates,
    other_updates,
    st.builds(lambda one, other: {**one, **other}, capacity_updates | index_updates, other_updates),
)


def arn(name: str) -> str:
    return f"arn:aws:dynamodb:eu-west-1:123456789012:table/{name}"


def settings_calls(name: str, flag: bool) -> list[tuple[str, dict[str, Any]]]:
    """One call of each API that a setting has for itself."""
    ttl = {"Enabled": flag, "AttributeName": "expires"}
    return [
        ("UpdateTimeToLive", {"TableName": name, "TimeToLiveSpecification": ttl}),
        (
            "UpdateContinuousBackups",
            {"TableName": name, "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": flag}},
        ),
        ("TagResource", {"ResourceArn": arn(name), "Tags": [{"Key": "a", "Value": str(flag)}]}),
        ("CreateBackup", {"TableName": name, "BackupName": "backup"}),
    ]


creations = st.one_of(
    st.builds(lambda name: ("CreateTable", table(name, **INDEXED)), names),
    st.builds(
        lambda name, number: ("CreateTable", table(name, ProvisionedThroughput=throughput(number))), names, units
    ),
)
deletions = st.builds(lambda name: ("DeleteTable", {"TableName": name}), names)
table_updates = st.builds(lambda name, update: ("UpdateTable", {"TableName": name, **update}), names, any_update)
index_calls = st.builds(lambda name, update: ("UpdateTable", {"TableName": name, **update}), names, index_updates)
smaller_calls = st.one_of(
    st.builds(lambda name: ("DescribeTable", {"TableName": name}), names),
    st.builds(lambda name, flag, which: settings_calls(name, flag)[which], names, st.booleans(), st.integers(0, 3)),
)
calls = st.one_of(creations, table_updates, table_updates, smaller_calls, deletions)


class DynamoDB(RuleBasedStateMachine):
    """Random calls and waits; the invariants look with the rules' own eyes, after every step."""

    @initialize(seed=st.integers(0, 3), stale=st.booleans())
    def begin(self, seed: int, stale: bool) -> None:
        self.account = Account(staleness=Staleness() if stale else Staleness.off(), seed=seed)
        self.now = NOON
        for name, more in zip(TABLES, (INDEXED, INDEXED_PROVISIONED), strict=True):
            self.account.handle("dynamodb", "CreateTable", table(name, **more), self.now)
        self.now += 100

    @rule(call=creations)
    def create(self, call: Call) -> None:
        self.call(call)

    @rule(call=table_updates)
    def update(self, call: Call) -> None:
        self.call(call)

    @rule(call=table_updates, seconds=st.sampled_from([150.0, 900.0]))
    def update_later(self, call: Call, seconds: float) -> None:
        """When what was under way may have come to its end, or to its next phase."""
        self.now += seconds
        self.call(call)

    @rule(call=index_calls, seconds=st.sampled_from([10.0, 150.0, 450.0]))
    def change_indexes(self, call: Call, seconds: float) -> None:
        """When the table is ACTIVE again, whatever its indexes do."""
        self.now += seconds
        self.call(call)

    @rule(call=smaller_calls)
    def other(self, call: Call) -> None:
        self.call(call)

    @rule(call=deletions, sure=st.integers(0, 3))
    def delete(self, call: Call, sure: int) -> None:
        if not sure:
            self.call(call)

    @rule(seconds=waits)
    def wait(self, seconds: float) -> None:
        self.now += seconds

    def call(self, call: Call) -> None:
        before = {name: self.described(name) for name in TABLES}
        refusal = self.refusal(call)
        if refusal is None:
            return
        assert refusal.status == 400
        if refusal.in_transition:
            assert any(self.moving(description) for description in before.values())
        assert {name: self.described(name) for name in TABLES} == before, "a refused call has changed nothing"

    def refusal(self, call: Call) -> Refusal | None:
        try:
            self.account.handle("dynamodb", *call, self.now)
        except Refusal as refusal:
            return refusal
        return None

    @invariant()
    def at_most_one_index_is_created_or_deleted(self) -> None:
        for name in TABLES:
            description = self.described(name)
            if description and description["TableStatus"] != "CREATING":
                on_the_way = [i for i in self.indexes(description) if i["IndexStatus"] in ("CREATING", "DELETING")]
                backfilling = [i for i in self.indexes(description) if i.get("Backfilling")]
                assert len(on_the_way) <= 1
                assert len(backfilling) <= 1

    @invariant()
    def descriptions_are_well_formed(self) -> None:
        for name in TABLES:
            description = self.described(name)
            if description is None or description["TableStatus"] == "DELETING":
                continue
            used = {element["AttributeName"] for element in description["KeySchema"]}
            for index in self.indexes(description):
                assert index["IndexStatus"] in TRANSIENT | {"ACTIVE"}
                assert ("Backfilling" in index) <= (index["IndexStatus"] in ("CREATING", "UPDATING"))
                used |= {element["AttributeName"] for element in index["KeySchema"]}
            assert {definition["AttributeName"] for definition in description["AttributeDefinitions"]} == used
            assert ("StreamSpecification" in description) <= ("LatestStreamArn" in description)
            self.billing_is_consistent(description)

    def billing_is_consistent(self, description: dict[str, Any]) -> None:
        on_demand = description.get("BillingModeSummary", {}).get("BillingMode") == "PAY_PER_REQUEST"
        if on_demand != (description["ProvisionedThroughput"]["ReadCapacityUnits"] == 0):
            raise AssertionError(description)
        for index in self.indexes(description):
            if index["IndexStatus"] == "ACTIVE":
                assert (index["ProvisionedThroughput"]["ReadCapacityUnits"] == 0) == on_demand

    @invariant()
    def time_is_monotone(self) -> None:
        times = [served.at for served in self.account.timeline.served] if hasattr(self, "account") else []
        assert times == sorted(times)

    @invariant()
    def everything_settles_in_the_end(self) -> None:
        """What is under way now has an end, and the timeline knows it."""
        for name in TABLES:
            description = self.described(name)
            if description and self.moving(description):
                ends = [i.end for i in self.account.timeline.intervals if i.resource == f"table/{name}"]
                assert max(ends) > self.now

    def described(self, name: str) -> dict[str, Any] | None:
        """What is really there, without counting as a read."""
        if not hasattr(self, "account"):
            return None
        record = self.account.dynamodb._records.get(name, self.now)
        return None if record is None else table_description(record.table, self.now)

    @staticmethod
    def indexes(description: dict[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = description.get("GlobalSecondaryIndexes", [])
        return found

    def moving(self, description: dict[str, Any] | None) -> bool:
        if description is None:
            return False
        statuses = {description["TableStatus"], *(i["IndexStatus"] for i in self.indexes(description))}
        return bool(statuses & TRANSIENT) or description.get("SSEDescription", {}).get("Status") == "UPDATING"


DynamoDB.TestCase.settings = settings(
    max_examples=100, stateful_step_count=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestDynamoDB = DynamoDB.TestCase


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(calls, waits), max_size=25), st.integers(0, 99))
def test_the_same_seed_calls_and_times_give_the_same_replies(steps: list[tuple[Call, float]], seed: int) -> None:
    def replies() -> list[Any]:
        account, now, answers = Account(seed=seed), NOON, list[Any]()
        for (operation, parameters), seconds in steps:
            now += seconds
            try:
                answers.append(account.handle("dynamodb", operation, parameters, now))
            except Refusal as refusal:
                answers.append((refusal.code, refusal.message))
        return [*answers, account.timeline]

    assert replies() == replies()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(calls, waits), max_size=25), st.sampled_from([0.25, 1.0, 7.0]))
def test_looking_in_between_changes_nothing(steps: list[tuple[Call, float]], pace: float) -> None:
    """Transitions are worked out from the time of the call alone: a second reader makes no difference."""

    def replies(*, watched: bool) -> list[Any]:
        account, now, answers = Account(staleness=Staleness.off(), durations=Durations.fast()), NOON, list[Any]()
        for (operation, parameters), seconds in steps:
            if watched:
                for number in range(5):
                    account.handle("dynamodb", "ListTables", {}, now + min(seconds, number * pace))
            now += seconds
            try:
                answers.append(account.handle("dynamodb", operation, parameters, now))
            except Refusal as refusal:
                answers.append((refusal.code, refusal.message))
        return answers

    assert replies(watched=True) == replies(watched=False)
