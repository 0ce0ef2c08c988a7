"""Application Auto Scaling of DynamoDB's provisioned throughput, which moves by itself between two steps (fact sheet 15.13).

There is no load to scale by: what a table needs is drawn anew at every look, within the registered minimum and maximum.
No scaling policy is needed for that; policies are kept and told, and go with their target. Targets go with nothing: a later
table of that name inherits them (fact sheet, section 3). Other namespaces than `dynamodb` are refused as not modelled.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from orchestrator.sandbox.rules import constraints, scaling_policies
from orchestrator.sandbox.rules.dynamodb.state import Capacity, Table
from orchestrator.sandbox.rules.ground import Ground
from orchestrator.sandbox.rules.lagging import Lagging
from orchestrator.sandbox.rules.refusal import Refusal
from orchestrator.sandbox.rules.scaling_policies import Policy, invalid

SERVICE = "application-autoscaling"
NAMESPACE = "dynamodb"
OPERATIONS = frozenset(
    {
        "RegisterScalableTarget",
        "DeregisterScalableTarget",
        "DescribeScalableTargets",
        "PutScalingPolicy",
        "DeleteScalingPolicy",
        "DescribeScalingPolicies",
        "ListTagsForResource",
    }
)
SUSPENSIONS = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
SIDES = {"ReadCapacityUnits": "read", "WriteCapacityUnits": "write"}

T = TypeVar("T")
Key = tuple[str, str]
"""Resource and dimension."""

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
        self._targets: dict[Key, Lagging[Target | None]] = {}
        self._policies: dict[Key, dict[str, Lagging[Policy | None]]] = {}
        self._changes = 0
        self._watched: set[str] = set()
        self._looks = 0
        self._handlers: Mapping[str, Handler] = {
            "RegisterScalableTarget": self._register,
            "DeregisterScalableTarget": self._deregister,
            "DescribeScalableTargets": self._describe,
            "PutScalingPolicy": self._put_policy,
            "DeleteScalingPolicy": self._delete_policy,
            "DescribeScalingPolicies": self._describe_policies,
            "ListTagsForResource": self._tags,
        }

    def handles(self, operation: str) -> bool:
        return operation in OPERATIONS

    def handle(self, operation: str, parameters: Mapping[str, Any], now: float) -> Reply:
        """See `service.Rules`."""
        if wrong := constraints.complaint(SERVICE, operation, parameters):
            raise invalid(wrong)
        namespace = parameters.get("ServiceNamespace", NAMESPACE)
        if namespace != NAMESPACE:
            raise Refusal(
                "NotModelledBySandbox", f"The sandbox does not model the scaling of the namespace {namespace}.", 501
            )
        return self._handlers[operation](parameters, now)

    def scaled_writes(self, table: str) -> frozenset[str | None]:
        """The indexes of `table` whose writes have a target with a policy, and None where its own have."""
        return frozenset(target.index for target in self.writes(table) if self.held_policies(target))

    def take_over(self, source: "ScalingRules", table: str, now: float) -> None:
        """What scales the writes of `table` in another Region does so here, as a new replica brings it (fact sheet 8.2)."""
        for target in source.writes(table):
            key = target.resource, target.dimension
            if (slot := self._targets.get(key)) is not None and slot.holds is not None:
                continue  # left behind by an earlier table of that name
            self._targets[key] = Lagging(replace(target, arn=self._here(target.arn, source), created=now))
            self._policies[key] = {
                policy.name: Lagging(replace(policy, arn=self._here(policy.arn, source), created=now))
                for policy in source.held_policies(target)
            }

    def keep(self, target: Target, policies: Iterable[Policy]) -> None:
        """Have a target with its policies, whether or not what it scales is there."""
        key = target.resource, target.dimension
        self._targets[key] = Lagging(target)
        self._policies[key] = {policy.name: Lagging(policy) for policy in policies}

    @property
    def region(self) -> str:
        return self._ground.region

    def writes(self, table: str) -> list[Target]:
        """The targets of write capacity that `table` and its indexes have."""
        return [target for target in self._living() if target.table == table and target.side == "write"]

    def held_policies(self, target: Target) -> list[Policy]:
        """The policies that hold, whether or not they show already."""
        slots = self._policies.get((target.resource, target.dimension), {})
        return [slot.holds for _, slot in sorted(slots.items()) if slot.holds is not None]

    def _here(self, arn: str, source: "ScalingRules") -> str:
        return arn.replace(f":{source.region}:", f":{self._ground.region}:")

    def resource(self, operation: str, parameters: Mapping[str, Any]) -> str:
        """`table/NAME`, also where an index is meant."""
        return "/".join(str(parameters.get("ResourceId") or "").split("/")[:2])

    # --------------------------------------------------------------------------------------------------------- targets

    def _register(self, parameters: Mapping[str, Any], now: float) -> Reply:
        """New, or with what is stated changed."""
        key = _key(parameters)
        _check_form(*key)
        slot = self._targets.setdefault(key, Lagging(None))
        known = slot.holds
        least = parameters.get("MinCapacity", known.least if known else None)
        most = parameters.get("MaxCapacity", known.most if known else None)
        if least is None or most is None:
            raise invalid("MinCapacity and MaxCapacity are required to register a new scalable target")
        if most < least:
            raise invalid("Maximum capacity cannot be less than minimum capacity")
        arn = self._ground.arn(SERVICE, f"scalable-target/{self._ground.uuid('scalable target', *key)}")
        target = replace(known or Target(*key, least, most, arn, now), least=least, most=most)
        if known is None:
            self._must_be_there(target, now)
        changed = replace(
            target,
            suspended=parameters.get("SuspendedState") or target.suspended,
            tags={**target.tags, **(parameters.get("Tags") or {})},
        )
        self._change(slot, changed, now)
        self._watch(target.table, now)
        return {"ScalableTargetARN": arn}

    def _must_be_there(self, target: Target, now: float) -> None:
        """A new target needs a provisioned table that is there, and its index (fact sheet 1.4, 2.5)."""
        table = self._table(target.table, now)
        if table is None or table.status == "CREATING":
            raise invalid(f"DynamoDB table does not exist: table/{target.table}")
        if target.index and table.index(target.index) is None:
            raise invalid(f"DynamoDB index does not exist: {target.resource}")
        if table.on_demand:
            raise invalid(f"DynamoDB table is billed on demand and cannot be scaled: table/{target.table}")

    def _deregister(self, parameters: Mapping[str, Any], now: float) -> Reply:
        """Its policies go with it."""
        slot = self._registered(parameters, "No scalable target found")
        self._change(slot, None, now)
        self._policies.pop(_key(parameters), None)
        return {}

    def _registered(self, parameters: Mapping[str, Any], otherwise: str) -> Lagging[Target | None]:
        """The target that a call names; `otherwise` begins what is said where there is none."""
        slot = self._targets.get(_key(parameters))
        if slot is None or slot.holds is None:
            raise Refusal("ObjectNotFoundException", f"{otherwise} {_named(parameters)}")
        return slot

    def _living(self) -> list[Target]:
        return [slot.holds for _, slot in sorted(self._targets.items()) if slot.holds is not None]

    def _describe(self, parameters: Mapping[str, Any], now: float) -> Reply:
        """By resource and dimension."""
        resources, dimension = parameters.get("ResourceIds"), parameters.get("ScalableDimension")
        _check_dimension(dimension, resources)
        seen = (slot.seen(now) for _, slot in sorted(self._targets.items()))
        found = [
            _description(self._ground, target)
            for target in seen
            if target is not None
            and (not resources or target.resource in resources)
            and dimension in (None, target.dimension)
        ]
        return _page("ScalableTargets", found, parameters)

    def _change(self, slot: Lagging[T], value: T, now: float) -> None:
        """Let a change hold; it shows some time later (fact sheet, section 7), and until then no other one is taken.

        How long a change is pending no source tells. The same again, as after a lost reply, is no change.
        """
        if slot.holds == value:
            return
        if slot.pending(now):
            raise Refusal("ConcurrentUpdateException", "You already have a pending update to an Auto Scaling resource.")
        self._changes += 1
        lag = self._ground.draws("scaling change", self._changes).uniform(0, self._ground.staleness.tags)
        slot.change(value, now + lag)

    # -------------------------------------------------------------------------------------------------------- policies

    def _put_policy(self, parameters: Mapping[str, Any], now: float) -> Reply:
        """New, or with what is stated changed; the name is what it is known by."""
        _check_form(*_key(parameters))
        target = self._registered(parameters, "No scalable target registered").holds
        assert target is not None, "a registered one is there"
        slots, name = self._policies.setdefault(_key(parameters), {}), parameters["PolicyName"]
        slot = slots.get(name, Lagging(None))
        beside = [other.holds for label, other in slots.items() if label != name and other.holds is not None]
        policy = scaling_policies.put(self._ground, slot.holds, beside, target.side, parameters, now)
        self._change(slot, policy, now)
        slots[name] = slot
        return {"PolicyARN": policy.arn, "Alarms": policy.alarms(self._ground)}

    def _delete_policy(self, parameters: Mapping[str, Any], now: float) -> Reply:
        slot = self._policies.get(_key(parameters), {}).get(parameters["PolicyName"])
        if slot is None or slot.holds is None:
            raise Refusal(
                "ObjectNotFoundException",
                f"No scaling policy found {_named(parameters)}, policy name: {parameters['PolicyName']}",
            )
        self._change(slot, None, now)
        return {}

    def _describe_policies(self, parameters: Mapping[str, Any], now: float) -> Reply:
        """By resource, dimension and name."""
        resource, dimension = parameters.get("ResourceId"), parameters.get("ScalableDimension")
        _check_dimension(dimension, resource)
        names = parameters.get("PolicyNames")
        seen = (slot.seen(now) for _, slots in sorted(self._policies.items()) for _, slot in sorted(slots.items()))
        found = [
            policy.description(self._ground)
            for policy in seen
            if policy is not None
            and resource in (None, policy.resource)
            and dimension in (None, policy.dimension)
            and (not names or policy.name in names)
        ]
        return _page("ScalingPolicies", found, parameters)

    def _tags(self, parameters: Mapping[str, Any], now: float) -> Reply:
        for target in self._living():
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
        targets = [target for target in self._living() if target.table == name]
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


def _key(parameters: Mapping[str, Any]) -> Key:
    return parameters["ResourceId"], parameters["ScalableDimension"]


def _named(parameters: Mapping[str, Any]) -> str:
    resource, dimension = _key(parameters)
    return f"for service namespace: {NAMESPACE}, resource ID: {resource}, scalable dimension: {dimension}"


def _check_dimension(dimension: str | None, resource: object) -> None:
    if dimension and not resource:
        raise invalid("A resource ID must be specified where a scalable dimension is")


def _page(member: str, found: list[Reply], parameters: Mapping[str, Any]) -> Reply:
    """One page of what was found; its token is the number of those before it."""
    token, size = str(parameters.get("NextToken") or 0), parameters.get("MaxResults", 50)
    if not token.isdecimal():
        raise Refusal("InvalidNextTokenException", "The next token supplied is invalid")
    start = int(token)
    reply: Reply = {member: found[start : start + size]}
    return reply | ({"NextToken": str(start + size)} if len(found) > start + size else {})


def _check_form(resource: str, dimension: str) -> None:
    """`table/T` goes with `dynamodb:table:…`, `table/T/index/I` with `dynamodb:index:…`."""
    parts, (_, kind, unit) = resource.split("/"), dimension.split(":")
    shape = {("table",): "table", ("table", "index"): "index"}.get(tuple(parts[::2]))
    if len(parts) % 2 or shape != kind or unit not in SIDES or not dimension.startswith(f"{NAMESPACE}:"):
        raise invalid("Unsupported service namespace, resource type or scalable dimension")


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
