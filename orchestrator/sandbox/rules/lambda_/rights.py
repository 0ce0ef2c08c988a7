"""What execution roles may do for a function, as Lambda sees it (fact sheet 12.3)."""

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
STREAM, RECEIVING, BUCKET, FUNCTION, BUS = (
    "GetRecords on a stream",
    "ReceiveMessage on SQS",
    "PutObject on S3",
    "InvokeFunction on Lambda",
    "PutEvents on EventBridge",
)
DESTINATIONS: Mapping[str, str] = {"sqs": QUEUE, "sns": TOPIC, "s3": BUCKET, "lambda": FUNCTION, "events": BUS}
"""What a role has to be allowed to reach a destination, by the service in its ARN."""


class Rights:
    """Each role may do everything, but for its first seconds and for what a test denies it."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._changed: dict[str, float] = {}
        self._denied: set[tuple[str, str]] = set()

    def changed(self, role: str, now: float) -> None:
        """Note that `role` got its rights only now: they stay unseen for a while."""
        self._changed[role] = now

    def deny(self, role: str, what: str) -> None:
        """Take one right from `role` for good, in the words above."""
        self._denied.add((role, what))

    def check(self, role: str, made: float, settings: Mapping[str, Any], now: float) -> None:
        """Refuse settings for which `role`, made at `made`, lacks a right, for good or as yet. Of others nothing is asked."""
        for what in _needs(settings):
            if self.lacks(role, made, what, now):
                text = NO_GRANT if what == KEY else NO_PERMISSION.format(what)
                raise Refusal("InvalidParameterValueException", text, fields={"Type": "User"})

    def lacks(self, role: str, made: float, what: str, now: float) -> bool:
        """Whether `role`, made at `made`, can't do `what`, for good or as yet."""
        seen = max(made, self._changed.get(role, made)) + self._ground.durations.iam_rights_lag
        return (role, what) in self._denied or now < seen


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
