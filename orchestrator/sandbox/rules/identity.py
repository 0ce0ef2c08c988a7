"""STS and KMS, as far as a schema change asks them: who am I, and which key is that."""

import re
from collections.abc import Mapping
from typing import Any

from orchestrator.sandbox.rules.ground import Ground
from orchestrator.sandbox.rules.refusal import Refusal

AWS_MANAGED = "alias/aws/dynamodb"
_UUID = re.compile(r"(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})")


class StsRules:
    """GetCallerIdentity."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def handles(self, operation: str) -> bool:
        return operation == "GetCallerIdentity"

    def resource(self, operation: str, parameters: Mapping[str, Any]) -> str:
        return ""

    def handle(self, operation: str, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
        account = self._ground.account
        return {"UserId": "AIDASANDBOX", "Account": account, "Arn": f"arn:aws:iam::{account}:user/sandbox"}


class KmsRules:
    """DescribeKey. Every key id and key ARN of the account stands for an enabled customer key; aliases are registered.

    `alias/aws/…` exist by themselves, as AWS makes them on first use.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._aliases: dict[str, str] = {}

    def register(self, alias: str, key_id: str | None = None) -> str:
        """Make `alias/NAME` known and return the ARN of its key (a new one unless given)."""
        self._aliases[alias] = key_id or self._ground.uuid("key", alias)
        return self._ground.arn("kms", f"key/{self._aliases[alias]}")

    def knows(self, alias: str) -> bool:
        """Whether `alias/NAME` was registered."""
        return alias in self._aliases

    def resolve(self, key: str) -> str:
        """The key ARN that an id, ARN, alias or alias ARN names. Raises Refusal(NotFoundException)."""
        prefix = self._ground.arn("kms", "")
        name = key.removeprefix(prefix)
        if name in self._aliases:
            return f"{prefix}key/{self._aliases[name]}"
        if name.startswith("alias/aws/"):
            return f"{prefix}key/{self._ground.uuid('key', name)}"
        if _UUID.fullmatch(name.removeprefix("key/")):
            return f"{prefix}key/{name.removeprefix('key/')}"
        what = f"Alias {prefix}{name}" if name.startswith("alias/") else f"Key '{key}'"
        raise Refusal("NotFoundException", f"{what} is not found.")

    def handles(self, operation: str) -> bool:
        return operation == "DescribeKey"

    def resource(self, operation: str, parameters: Mapping[str, Any]) -> str:
        return str(parameters.get("KeyId", ""))

    def handle(self, operation: str, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
        asked = str(parameters.get("KeyId", ""))
        arn = self.resolve(asked)
        managed = {self.resolve(AWS_MANAGED), *([arn] if "alias/aws/" in asked else [])}
        return {
            "KeyMetadata": {
                "AWSAccountId": self._ground.account,
                "KeyId": arn.rpartition("/")[2],
                "Arn": arn,
                "Enabled": True,
                "KeyUsage": "ENCRYPT_DECRYPT",
                "KeyState": "Enabled",
                "Origin": "AWS_KMS",
                "KeyManager": "AWS" if arn in managed else "CUSTOMER",
                "KeySpec": "SYMMETRIC_DEFAULT",
                "MultiRegion": False,
            }
        }
