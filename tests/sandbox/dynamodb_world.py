"""A DynamoDB control plane for tests: an account at a time that the test moves by hand."""

from collections.abc import Mapping
from typing import Any

import pytest

from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.durations import Durations, Staleness
from orchestrator.sandbox.rules.ground import Limits
from orchestrator.sandbox.rules.refusal import Refusal

NOON = 1_767_268_800.0
"""2026-01-01T12:00:00Z: budgets are counted by the UTC day."""

HOUR, DAY = 3600.0, 86400.0
ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"
IN_USE, INVALID, LIMIT = "ResourceInUseException", "ValidationException", "LimitExceededException"
GONE = "ResourceNotFoundException"


def throughput(read: int, write: int | None = None) -> dict[str, int]:
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": read if write is None else write}


def attributes(**types: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]


def keys(*names: str) -> list[dict[str, str]]:
    """A partition key, and a sort key where a second name is given."""
    return [{"AttributeName": name, "KeyType": role} for name, role in zip(names, ("HASH", "RANGE"), strict=False)]


def index(name: str, *key: str, **more: Any) -> dict[str, Any]:
    """A global secondary index that projects everything."""
    return {"IndexName": name, "KeySchema": keys(*key), "Projection": {"ProjectionType": "ALL"}, **more}


def creation(index_name: str, *key: str, **more: Any) -> list[dict[str, Any]]:
    """`GlobalSecondaryIndexUpdates` that create one index."""
    return [{"Create": index(index_name, *key, **more)}]


def deletion(index_name: str) -> list[dict[str, Any]]:
    return [{"Delete": {"IndexName": index_name}}]


def scaling(**units: int) -> list[dict[str, Any]]:
    """`GlobalSecondaryIndexUpdates` that give each index the same read and write capacity."""
    return [
        {"Update": {"IndexName": name, "ProvisionedThroughput": throughput(number)}} for name, number in units.items()
    ]


def recovery(enabled: bool, **more: Any) -> dict[str, Any]:
    """The parameters of an UpdateContinuousBackups."""
    specification = {"PointInTimeRecoveryEnabled": enabled, **more}
    return {"TableName": "orders", "PointInTimeRecoverySpecification": specification}


class World:
    """`call` serves at the present, `wait` moves it. Reads lag only where a Staleness is given."""

    def __init__(
        self,
        durations: Durations | None = None,
        staleness: Staleness | None = None,
        limits: Limits | None = None,
        seed: int = 0,
    ) -> None:
        self.durations = durations or Durations()
        self.account = Account(
            durations=self.durations, staleness=staleness or Staleness.off(), limits=limits, seed=seed
        )
        self._time = [NOON]

    @property
    def now(self) -> float:
        return self._time[0]

    @now.setter
    def now(self, at: float) -> None:
        self._time[0] = at

    def elsewhere(self, region: str) -> "World":
        """The same account in another Region, at the same time."""
        other = World(self.durations)
        other.account, other._time = self.account.elsewhere(region), self._time
        return other

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return self.account.handle("dynamodb", operation, parameters, self.now)

    def refused(self, operation: str, **parameters: Any) -> Refusal:
        with pytest.raises(Refusal) as caught:
            self.call(operation, **parameters)
        return caught.value

    def update(self, **parameters: Any) -> dict[str, Any]:
        return self.call("UpdateTable", TableName="orders", **parameters)["TableDescription"]  # type: ignore[no-any-return]  # a reply is a plain dict

    def update_refused(self, **parameters: Any) -> Refusal:
        return self.refused("UpdateTable", TableName="orders", **parameters)

    def table(self, name: str = "orders") -> Mapping[str, Any]:
        table: Mapping[str, Any] = self.call("DescribeTable", TableName=name)["Table"]
        return table

    def index(self, name: str) -> Mapping[str, Any] | None:
        found = (i for i in self.table().get("GlobalSecondaryIndexes", ()) if i["IndexName"] == name)
        return next(found, None)

    def create(self, name: str = "orders", **more: Any) -> dict[str, Any]:
        return self.call("CreateTable", **table(name, **more))

    def active(self, name: str = "orders", **more: Any) -> None:
        """A table that has settled, and can be backed up."""
        self.create(name, **more)
        self.wait(self.durations.table_create_with_indexes + self.durations.recovery_unavailable)


def table(name: str = "orders", **more: Any) -> dict[str, Any]:
    """The parameters of a CreateTable on demand; `ProvisionedThroughput` in `more` makes it a provisioned one."""
    billing = {} if "ProvisionedThroughput" in more else {"BillingMode": "PAY_PER_REQUEST"}
    plain = {"AttributeDefinitions": attributes(id="S"), "KeySchema": keys("id")}
    return {"TableName": name, **plain, **billing, **more}


INDEXED: dict[str, Any] = {
    "AttributeDefinitions": attributes(id="S", day="S"),
    "GlobalSecondaryIndexes": [index("by_day", "day")],
}
"""What makes `table` one with an index, on demand."""

PROVISIONED: dict[str, Any] = {"ProvisionedThroughput": throughput(5)}
INDEXED_PROVISIONED: dict[str, Any] = {
    **PROVISIONED,
    "AttributeDefinitions": attributes(id="S", day="S"),
    "GlobalSecondaryIndexes": [index("by_day", "day", ProvisionedThroughput=throughput(5))],
}
