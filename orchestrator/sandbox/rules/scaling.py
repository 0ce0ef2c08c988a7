"""Application Auto Scaling of DynamoDB's provisioned throughput, which moves by itself between two steps (fact sheet 15.13).

There is no load to scale by: what a table needs is drawn anew at every look, within the registered minimum and maximum.
No scaling policy is needed for that.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from orchestrator.sandbox.rules import constraints
from orchestrator.sandbox.rules.dynamodb.state import Capacity, Table
from orchestrator.sandbox.rules.ground import Ground
from orchestrator.sandbox.rules.refusal import Refusal

SERVICE = "application-autoscaling"
NAMESPACE = "dynamodb"
OPERATIONS = frozenset(
    {"RegisterScalableTarget", "DeregisterScalableTarget", "DescribeScalableTargets", "ListTagsForResource"}
)
SUSPENSIONS = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
SIDES = {"ReadCapacityUnits": "read", "WriteCapacityUnits": "write"}

Reply = dict[str, Any]
Handler = Callable[[Mapping[str, Any], float], Reply]
Later = Callable[[float, Callable[[float], None]], None]
"""Lets something happen at a time (epoch seconds); it is told the time."""


@dataclass(frozen=True, slots=True)
class Target:
    """`resource` is `table/orders` or `table/orders/index/by_day`, `dimension` `dynamodb:table:ReadCapacityUnits` or the like."""

    resource: str
    dimension: str
    least: int
    most: int
    arn: str
    created: float
    suspended: Mapping[str, bool] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def table(self) -> str:
        return self.resource.split("/")[1]

    @property
    def index(self) -> str | None:
        return None if self.resource.count("/") == 1 else self.resource.rpartition("/")[2]

    @property
    def side(self) -> str:
        """`read` or `write`."""
        return SIDES[self.dimension.rpartition(":")[2]]


class ScalingRules:
    """Targets of the namespace `dynamodb`. Built with what looks a table up, what waits, and what sends an UpdateTable."""

    def __init__(
        self,
        ground: Ground,
        table: Callable[[str, float], Table | None],
        later: Later,
        update_table: Callable[[Mapping[str, Any], float], None],
    ) -> None:
        self._ground = ground
        self._table = table
        self._later = later
        self._update_table = update_table
        self._targets: dict[tuple[str, str], Target] = {}
        self._watched: set[str] = set()
        self._looks = 0
        self._handlers: Mapping[str, Handler] = {
            "RegisterScalableTarget": self._register,
            "DeregisterScalableTarget": self._deregister,
            "DescribeScalableTargets": self._describe,
            "ListTagsForResource": self._tags,
        }

    def handles(self, operation: str) -> bool:
        return operation in OPERATIONS

    def handle(self, operation: str, parameters: Mapping[str, Any], now: float) -> Reply:
        """See `service.Rules`."""
        if wrong := constraints.complaint(SERVICE, operation, parameters):
            raise _invalid(wrong)
        return self._handlers[operation](parameters, now)

    def scaled_writes(self, table: str) -> frozenset[str | None]:
        """The indexes of `table` whose write capacity has a target, and None where its own has one."""
        return frozenset(
            target.index for target in self._targets.values() if target.table == table and target.side == "write"
        )

    def resource(self, operation: str, parameters: Mapping[str, Any]) -> str:
        """`table/NAME`, also where an index is meant."""
        return "/".join(str(parameters.get("ResourceId") or "").split("/")[:2])

    # --------------------------------------------------------------------------------------------------------- targets

    def _register(self, parameters: Mapping[str, Any], now: float) -> Reply:
        """New, or with what is stated changed."""
        key = parameters["ResourceId"], parameters["ScalableDimension"]
        _check_form(*key)
        known = self._targets.get(key)
        least = parameters.get("MinCapacity", known.least if known else None)
        most = parameters.get("MaxCapacity", known.most if known else None)
        if least is None or most is None:
            raise _invalid("MinCapacity and MaxCapacity are required to register a new scalable target")
        if most < least:
            raise _invalid("Maximum capacity cannot be less than minimum capacity")
        arn = self._ground.arn(SERVICE, f"scalable-target/{self._ground.uuid('scalable target', *key)}")
        target = replace(known or Target(*key, least, most, arn, now), least=least, most=most)
        if known is None:
            self._must_be_there(target, now)
        self._targets[key] = replace(
            target,
            suspended=parameters.get("SuspendedState") or target.suspended,
            tags={**target.tags, **(parameters.get("Tags") or {})},
        )
        self._watch(target.table, now)
        return {"ScalableTargetARN": arn}

    def _must_be_there(self, target: Target, now: float) -> None:
        """A new target needs a provisioned table that is there, and its index (fact sheet 1.4, 2.5)."""
        table = self._table(target.table, now)
        if table is None or table.status == "CREATING":
            raise _invalid(f"DynamoDB table does not exist: table/{target.table}")
        if target.index and table.index(target.index) is None:
            raise _invalid(f"DynamoDB index does not exist: {target.resource}")
        if table.on_demand:
            raise _invalid(f"DynamoDB table is billed on demand and cannot be scaled: table/{target.table}")

    def _deregister(self, parameters: Mapping[str, Any], now: float) -> Reply:
        key = parameters["ResourceId"], parameters["ScalableDimension"]
        if self._targets.pop(key, None) is None:
            raise Refusal(
                "ObjectNotFoundException",
                f"No scalable target found for service namespace: {NAMESPACE}, resource ID: {key[0]}, "
                f"scalable dimension: {key[1]}",
            )
        return {}

    def _describe(self, parameters: Mapping[str, Any], now: float) -> Reply:
        """By resource and dimension; a page's token is the number of those before it."""
        resources, dimension = parameters.get("ResourceIds"), parameters.get("ScalableDimension")
        found = [
            _description(self._ground, target)
            for (resource, its), target in sorted(self._targets.items())
            if (not resources or resource in resources) and dimension in (None, its)
        ]
        token, size = str(parameters.get("NextToken") or 0), parameters.get("MaxResults", 50)
        if not token.isdecimal():
            raise Refusal("InvalidNextTokenException", "The next token supplied is invalid")
        start = int(token)
        reply: Reply = {"ScalableTargets": found[start : start + size]}
        return reply | ({"NextToken": str(start + size)} if len(found) > start + size else {})

    def _tags(self, parameters: Mapping[str, Any], now: float) -> Reply:
        for target in self._targets.values():
            if target.arn == parameters["ResourceARN"]:
                return {"Tags": dict(target.tags)}
        raise Refusal("ResourceNotFoundException", f"The resource {parameters['ResourceARN']} wasn't found.")

    # --------------------------------------------------------------------------------------------------------- scaling

    def _watch(self, table: str, now: float) -> None:
        """Begin to look at a table from time to time, unless that goes on already."""
        if self._ground.durations.auto_scaling > 0 and table not in self._watched:
            self._watched.add(table)
            self._look_later(table, now)

    def _look_later(self, table: str, now: float) -> None:
        self._later(now + self._ground.durations.auto_scaling, lambda then: self._look(table, then))

    def _look(self, name: str, now: float) -> None:
        """Scale the table as its targets want it, and look again later, as long as it has any."""
        targets = [target for target in self._targets.values() if target.table == name]
        if not targets:
            self._watched.discard(name)
            return
        table = self._table(name, now)
        if table is not None and not table.on_demand and (update := self._update(table, targets)):
            self._update_table(update, now)
        self._look_later(name, now)

    def _update(self, table: Table, targets: list[Target]) -> Reply:
        """One UpdateTable with every number that is to change; empty where none is."""
        self._looks += 1
        chance = self._ground.draws("auto scaling", table.name, self._looks)
        wanted: dict[str | None, dict[str, int]] = defaultdict(dict)
        for target in targets:
            if not (target.suspended.get(SUSPENSIONS[0]) or target.suspended.get(SUSPENSIONS[1])):
                wanted[target.index][target.side] = chance.randint(target.least, target.most)
        capacities = {None: table.capacity} | {index.name: index.capacity for index in table.indexes}
        changed = {
            part: replace(capacities[part], **sides)
            for part, sides in wanted.items()
            if part in capacities and replace(capacities[part], **sides) != capacities[part]
        }
        return {"TableName": table.name, **_request(changed)} if changed else {}


def _request(changed: Mapping[str | None, Capacity]) -> Reply:
    """The part of an UpdateTable that gives the table (None) and its indexes these numbers."""
    request: Reply = {}
    for part, capacity in changed.items():
        units = {"ReadCapacityUnits": capacity.read, "WriteCapacityUnits": capacity.write}
        if part is None:
            request["ProvisionedThroughput"] = units
        else:
            update = {"IndexName": part, "ProvisionedThroughput": units}
            request.setdefault("GlobalSecondaryIndexUpdates", []).append({"Update": update})
    return request


def _check_form(resource: str, dimension: str) -> None:
    """`table/T` goes with `dynamodb:table:…`, `table/T/index/I` with `dynamodb:index:…`."""
    parts, (_, kind, unit) = resource.split("/"), dimension.split(":")
    shape = {("table",): "table", ("table", "index"): "index"}.get(tuple(parts[::2]))
    if len(parts) % 2 or shape != kind or unit not in SIDES or not dimension.startswith(f"{NAMESPACE}:"):
        raise _invalid("Unsupported service namespace, resource type or scalable dimension")


def _description(ground: Ground, target: Target) -> Reply:
    role = (
        f"role/aws-service-role/dynamodb.{SERVICE}.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_DynamoDBTable"
    )
    return {
        "ServiceNamespace": NAMESPACE,
        "ResourceId": target.resource,
        "ScalableDimension": target.dimension,
        "MinCapacity": target.least,
        "MaxCapacity": target.most,
        "RoleARN": f"arn:aws:iam::{ground.account}:{role}",
        "CreationTime": target.created,
        "SuspendedState": {name: bool(target.suspended.get(name)) for name in SUSPENSIONS},
        "ScalableTargetARN": target.arn,
    }


def _invalid(message: str) -> Refusal:
    return Refusal("ValidationException", message)
