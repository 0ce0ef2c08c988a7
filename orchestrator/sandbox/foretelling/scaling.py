"""Plants what scales a table: the targets and policies that were seen, those of tables that are not there among them."""

from collections.abc import Mapping
from typing import Any

from orchestrator.kinds.table.aspects import SCALED, resource
from orchestrator.kinds.table.live import Policy, ScalableTarget, TableLive
from orchestrator.sandbox.rules import scaling_policies
from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.scaling import SERVICE, Target

Targets = Mapping[tuple[str, str], ScalableTarget]
UNITS = {side: units for units, side in SCALED.items()}


def plant(account: Account, table: TableLive, now: float) -> None:
    """Those of the table and its indexes, with the policies that were read."""
    if not isinstance(table.targets, Mapping):
        return
    for (index, side), target in table.targets.items():
        read = table.policies.get(index)
        policies = read if isinstance(read, Mapping) else {}
        _plant_one(account, table.name, index, side, target, policies.get(side), now)


def plant_left(account: Account, name: str, targets: Targets, now: float) -> None:
    """Those that stand for an index or a table that is gone."""
    for (index, side), target in targets.items():
        _plant_one(account, name, index, side, target, None, now)


def _plant_one(
    account: Account, name: str, index: str, side: str, seen: ScalableTarget, policy: Policy | None, now: float
) -> None:
    what = resource(name, index)
    dimension = f"dynamodb:{'index' if index else 'table'}:{UNITS[side]}"
    arn = account.ground.arn(SERVICE, f"scalable-target/{account.ground.uuid('scalable target', what, dimension)}")
    target = Target(what, dimension, seen.least, seen.most, arn, now)
    account.scaling.keep(target, () if policy is None else (_policy(account, target, policy, now),))


def _policy(account: Account, target: Target, seen: Policy, now: float) -> scaling_policies.Policy:
    ground, tracking = account.ground, dict[str, Any](seen.configuration)
    mark = ground.uuid("scaling policy", target.resource, target.dimension, seen.name)
    where = f"scalingPolicy:{mark}:resource/dynamodb/{target.resource}:policyName/{seen.name}"
    arn = ground.arn("autoscaling", where)
    return scaling_policies.Policy(seen.name, target.resource, target.dimension, arn, now, tracking)
