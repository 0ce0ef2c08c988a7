"""Auto scaling of a table's or index's throughput: a scalable target for each side and a policy that tracks its utilization.

In the plan's words `{read: {min, max, target}, write: …}`; a side without a scalable target is `off`. A target without a
policy of the right metric has no `target`. Targets outlive what they scale and are inherited by a table made under the same
name (fact sheet 3), so those of a table or index that goes are deregistered first.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from orchestrator.kinds.comparison import alike, stated_part
from orchestrator.kinds.contract import About, Move, Setting, Subject
from orchestrator.kinds.fields import OFF
from orchestrator.kinds.parts import present
from orchestrator.kinds.table.aspects import POLICIES, SCALED, SCALING, TARGETS, TRACKED, resource
from orchestrator.kinds.table.lanes import Place
from orchestrator.kinds.table.live import Policy, ScalableTarget, TableLive
from orchestrator.kinds.table.spec import Autoscaling, IndexSpec, ScalingRange, TableSpec
from orchestrator.kinds.table.spec import Capacity as Units
from orchestrator.kinds.table.subjects import IndexSeen
from orchestrator.model import UNREAD, Call, Change, Ref, Scope, Unread

FIELD = "autoscaling"
NAMESPACE = "dynamodb"

SIDES: Mapping[str, str] = {side: unit for unit, side in SCALED.items()}
METRICS: Mapping[str, str] = {side: metric for metric, side in TRACKED.items()}
NOTHING: Mapping[str, Any] = dict.fromkeys(SIDES, OFF)

Form = Mapping[str, Any]


def wanted(stated: Autoscaling | str | None) -> Form | None:
    """What the plan says of each side."""
    if not isinstance(stated, Autoscaling):
        return None if stated is None else NOTHING
    sides = {"read": stated.read, "write": stated.write}
    return {name: _range(side) for name, side in sides.items() if side is not None}


def _range(side: ScalingRange | str) -> Any:
    return {"min": side.min, "max": side.max, "target": side.target} if isinstance(side, ScalingRange) else OFF


def of_each(spec: TableSpec) -> Mapping[str, Autoscaling | str | None]:
    """What the plan says of the table (empty) and of each of its indexes, None where it says nothing."""
    return {"": spec.autoscaling, **{name: index.autoscaling for name, index in present(spec.indexes).items()}}


def begins(stated: Autoscaling | str | None) -> bool:
    """Whether the plan says that a side is scaled."""
    return any(side != OFF for side in (wanted(stated) or {}).values())


def live(table: TableLive, index: str = "") -> Form | Unread:
    """Both sides of the table or of one of its indexes."""
    targets, policies = table.targets, table.policies.get(index, {})
    if targets is UNREAD or policies is UNREAD:
        return UNREAD
    found: dict[str, Any] = {}
    for side in SIDES:
        target, policy = targets.get((index, side)), policies.get(side)
        found[side] = _side(target, policy) if target else OFF
    return found


def _side(target: ScalableTarget, policy: Policy | None) -> Form:
    return {"min": target.least, "max": target.most, **({"target": policy.target} if policy else {})}


def scaled(table: TableLive, index: str = "") -> tuple[str, ...]:
    """The sides whose units auto scaling moves: what is live of them is no difference (fact sheet 14.2, rule 10)."""
    seen = live(table, index)
    return () if seen is UNREAD else tuple(side for side, value in seen.items() if value != OFF)


def as_stated(table: TableLive, stated: Autoscaling | str | None, units: Units | None, index: str = "") -> TableLive:
    """The table with the scaling that the plan leaves it, as far as that counts for its units, which the plan states as `units`.

    Where scaling ends they hold again what they are set to. Where it begins they are not lowered first, for AWS takes only so
    many decreases and scaling would take over from there anyway; raised they are, and brought into the range.
    """
    if table.targets is UNREAD:
        return table
    sides = wanted(stated) or {}
    ending = [(index, side) for side, value in sides.items() if value == OFF]
    beginning = {
        (index, side): ScalableTarget(value["min"], value["max"])
        for side, value in sides.items()
        if value != OFF and units and _only_lower(table, index, side, getattr(units, side), value)
    }
    left = {key: target for key, target in table.targets.items() if key not in ending}
    return replace(table, targets={**beginning, **left})


def _only_lower(table: TableLive, index: str, side: str, units: int, form: Form) -> bool:
    now: int = getattr(table.indexes[index].capacity if index else table.capacity, side)
    return units < now and form["min"] <= now <= form["max"]


def ending(ref: Ref, table: TableLive, index: str = "") -> Iterator[Change]:
    """The Change that ends what is scaled of the table or index, which goes itself; none where nothing is."""
    if sides := scaled(table, index):
        seen = live(table, index)
        assert seen is not UNREAD  # it has sides
        yield Change(ref, FIELD, {side: seen[side] for side in sides}, dict.fromkeys(sides, OFF), "update")


def tracking(table: TableLive | None, index: str) -> Mapping[str, Policy]:
    """The policies of the table or index, by side, as far as they are seen."""
    policies = table.policies.get(index, {}) if table else {}
    return {} if policies is UNREAD else policies


def taken(change: Change, table: TableLive | None, index: str) -> bool:
    """Whether somebody else's policy is where `change` puts a first one: AWS takes no second one of the same metric."""
    before, after = change.before, change.after
    if table is None or change.field != FIELD or not isinstance(after, Mapping):
        return False
    now, found = before if isinstance(before, Mapping) else {}, tracking(table, index)
    first = {
        side: value["target"]
        for side, value in after.items()
        if "target" in value and "target" not in now.get(side, OFF)
    }
    own = resource(table.name, index)
    return any(
        policy.target != first[side] and policy.name != _own_name(side, own)
        for side, policy in found.items()
        if side in first
    )


def same(seen: Form, wanted: Form) -> bool:
    """Whether each side is as far as it is stated."""
    return not part(seen, wanted)[1]


def part(seen: Form, wanted: Form) -> tuple[Form, Form]:
    """Only the sides that differ in what is stated of them, each as a whole."""
    return stated_part(seen, wanted, OFF, _holds)


def _holds(seen: Any, value: Any) -> bool:
    if isinstance(value, Mapping) and isinstance(seen, Mapping):
        seen, value = stated_part(seen, value)
    return alike(seen, value)


def moves(before: Form, after: Form, table: str, index: str, policies: Mapping[str, Policy]) -> Iterator[Move]:
    """A target, then its policy, side by side; a target that goes takes its policies with it."""
    now = dict(before)
    for side, value in after.items():
        what = f"{side} auto scaling of {f'index {index}' if index else 'the table'}"
        call = _Calls(resource(table, index), side, bool(index))
        if value == OFF:
            step = {**now, side: OFF}
            yield Move(f"stop {what}", call.deregister(), now, step, order=Place.SCALING_OFF)
            now = step
            continue
        there = now[side] if isinstance(now[side], Mapping) else {}
        limits = {key: value[key] for key in ("min", "max")}
        if {**there, **limits} != there:
            step = {**now, side: {**there, **limits}}
            yield Move(f"let {what} go from {value['min']} to {value['max']}", call.register(limits), now, step)
            now = step
        if "target" in value and there.get("target") != value["target"]:
            step = {**now, side: value}
            put = call.put(value["target"], policies.get(side))
            yield Move(f"track {value['target']} % in {what}", put, now, step)
            now = step


def _own_name(side: str, resource: str) -> str:
    """What a policy is called that this program puts first."""
    return f"{METRICS[side]}:{resource}"


class _Calls:
    """The requests about one side of one table or index."""

    def __init__(self, resource: str, side: str, index: bool) -> None:
        self._side = side
        self._of = {
            "ServiceNamespace": NAMESPACE,
            "ResourceId": resource,
            "ScalableDimension": f"{NAMESPACE}:{'index' if index else 'table'}:{SIDES[side]}",
        }

    def register(self, limits: Form) -> Call:
        return self._call("RegisterScalableTarget", MinCapacity=limits["min"], MaxCapacity=limits["max"])

    def deregister(self) -> Call:
        return self._call("DeregisterScalableTarget")

    def put(self, target: int, policy: Policy | None) -> Call:
        """A policy that is there keeps its name and its cooldowns, which the request would reset."""
        name = policy.name if policy else _own_name(self._side, self._of["ResourceId"])
        configuration = {
            **(policy.configuration if policy else {}),
            "TargetValue": float(target),
            "PredefinedMetricSpecification": {"PredefinedMetricType": METRICS[self._side]},
        }
        return self._call(
            "PutScalingPolicy",
            PolicyName=name,
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=configuration,
        )

    def _call(self, operation: str, **parameters: Any) -> Call:
        return Call(SCALING, operation, {**self._of, **parameters})


ABOUT = About(
    (
        "application-autoscaling:RegisterScalableTarget",
        "application-autoscaling:PutScalingPolicy",
        "application-autoscaling:DeregisterScalableTarget",
    ),
    "The target and its policy are described as stated, those of writes in the Region of each replica too.",
    "A table that is billed on demand is given none; what it has from before stays, without effect, unless it is `off`.",
)


def _table_moves(before: Form, after: Form, subject: Subject[TableSpec, TableLive]) -> Sequence[Move]:
    return list(moves(before, after, subject.name, "", tracking(subject.live, "")))


def _index_moves(before: Form, after: Form, subject: Subject[IndexSpec, IndexSeen]) -> Sequence[Move]:
    name = subject.ref.name
    return list(moves(before, after, subject.name, name, tracking(subject.live.table if subject.live else None, name)))


def _kept(spec: TableSpec | IndexSpec, table: TableLive, index: str = "") -> Form | Unread | None:
    """Nothing scales on demand (fact sheet 2.5)."""
    return live(table, index) if spec.billing and spec.billing.provisioned else None


def _completed(kept: Form, wanted: Form) -> Form:
    """With the side that the plan does not name."""
    return {**kept, **wanted}


ROW: Setting[TableSpec, TableLive] = Setting(
    FIELD,
    Place.SCALING,
    wanted=lambda spec: wanted(spec.autoscaling),
    live=live,
    moves=_table_moves,
    fresh=NOTHING,
    kept=_kept,
    completed=_completed,
    part=part,
    scope=Scope.SELF,
    reads=lambda spec, _: frozenset({TARGETS, POLICIES}),
    about=ABOUT,
)

OF_INDEX: Setting[IndexSpec, IndexSeen] = Setting(
    FIELD,
    Place.SCALING,
    wanted=lambda spec: wanted(spec.autoscaling),
    live=lambda seen: live(seen.table, seen.index.name),
    moves=_index_moves,
    fresh=NOTHING,
    kept=lambda spec, seen: _kept(spec, seen.table, seen.index.name),
    completed=_completed,
    part=part,
    scope=Scope.SELF,
    reads=lambda spec, name: frozenset({TARGETS, f"{POLICIES}:{name}"}),
    about=ABOUT,
)
