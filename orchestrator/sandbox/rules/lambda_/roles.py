"""Execution roles as Lambda sees them: which can be assumed yet, and what they may do for a function (fact sheet 12.3)."""

from collections.abc import Mapping
from typing import Any

from orchestrator.sandbox.rules.ground import Ground
from orchestrator.sandbox.rules.refusal import Refusal

NO_PERMISSION = "The provided execution role does not have permissions to call {}"
NO_GRANT = (
    "Lambda was unable to configure access to your environment variables because the KMS key is invalid for CreateGrant. "
    "Please check your KMS key settings."
)
NETWORK, QUEUE, TOPIC, KEY = (
    "CreateNetworkInterface on EC2",
    "SendMessage on SQS",
    "Publish on SNS",
    "CreateGrant on KMS",
)


class Roles:
    """The roles that were named so far. Each may do everything, but for its first seconds and for what a test denies it."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._made: dict[str, float] = {}
        self._changed: dict[str, float] = {}
        self._denied: set[tuple[str, str]] = set()

    def introduce(self, role: str, now: float) -> None:
        """Note that `role` exists since `now`, unless it was known."""
        self._made.setdefault(role, now)

    def changed(self, role: str, now: float) -> None:
        """Note that `role` got its permissions only now: they stay unseen for a while."""
        self._changed[role] = now

    def deny(self, role: str, what: str) -> None:
        """Take one permission from `role` for good: NETWORK, QUEUE, TOPIC or KEY."""
        self._denied.add((role, what))

    def must_be_assumable(self, role: str, now: float) -> None:
        """Refuse a role for its first seconds. A role is as old as the first call that named it."""
        self.introduce(role, now)
        if now < self._made[role] + self._ground.durations.iam_lag:
            raise _invalid("The role defined for the function cannot be assumed by Lambda.")

    def must_permit(self, role: str, settings: Mapping[str, Any], now: float) -> None:
        """Refuse settings for which `role` lacks a permission, for good or as yet. Of unstated settings nothing is asked."""
        for what in _needs(settings):
            if (role, what) in self._denied or now < self._seen(role):
                raise _invalid(NO_GRANT if what == KEY else NO_PERMISSION.format(what))

    def _seen(self, role: str) -> float:
        """When EC2, SQS, SNS and KMS know what the role may do."""
        durations = self._ground.durations
        usable = self._made.get(role, float("-inf")) + durations.iam_lag
        return max(usable, self._changed.get(role, float("-inf"))) + durations.policy_lag


def _needs(settings: Mapping[str, Any]) -> list[str]:
    """What a role has to be allowed for these settings. A key is asked for even without variables: Lambda may do so."""
    target = (settings.get("DeadLetterConfig") or {}).get("TargetArn") or ""
    needs = {
        NETWORK: bool((settings.get("VpcConfig") or {}).get("SubnetIds")),
        QUEUE: ":sqs:" in target,
        TOPIC: ":sns:" in target,
        KEY: bool(settings.get("KMSKeyArn")),
    }
    return [what for what, needed in needs.items() if needed]


def _invalid(text: str) -> Refusal:
    return Refusal("InvalidParameterValueException", text, fields={"Type": "User"})
