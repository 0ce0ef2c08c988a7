"""SSESpecification: which key is meant."""

from collections.abc import Callable, Mapping
from typing import Any

from orchestrator.sandbox.rules.dynamodb import refusals
from orchestrator.sandbox.rules.refusal import Refusal

AWS_MANAGED = "alias/aws/dynamodb"


def wanted_key(given: Mapping[str, Any] | None, resolve: Callable[[str], str]) -> str | None:
    """The key's ARN, None for the AWS-owned key. `resolve` is KMS: an id, ARN or alias to a key ARN, or Refusal."""
    if not given or not given.get("Enabled", False):
        if given and (given.get("KMSMasterKeyId") or given.get("SSEType")):
            raise refusals.invalid_values("SSEType and KMSMasterKeyId cannot be specified when Enabled is false")
        return None
    if given.get("SSEType", "KMS") != "KMS":
        raise refusals.invalid_values(f"Unsupported SSEType: {given['SSEType']}")
    try:
        return resolve(given.get("KMSMasterKeyId") or AWS_MANAGED)
    except Refusal as refusal:
        raise refusals.invalid(f"KMS validation error: {refusal.message} (Error Code: {refusal.code})") from refusal
