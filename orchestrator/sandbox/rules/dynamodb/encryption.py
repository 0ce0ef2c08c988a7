"""SSESpecification: which key is meant."""

from collections.abc import Callable, Mapping
from typing import Any

from orchestrator.sandbox.rules.dynamodb import refusals
from orchestrator.sandbox.rules.refusal import Refusal

AWS_MANAGED = "alias/aws/dynamodb"


def wanted_key(given: Mapping[str, Any] | None, resolve: Callable[[str], str]) -> str | None:
    """The key's ARN, None for the AWS-owned key. `resolve` is KMS: an id, ARN or alias to a key ARN, or Refusal."""
    if not given or not given.get("Enabled", False):
        for member in ("SSEType", "KMSMasterKeyId"):
            if given and given.get(member):
                raise refusals.invalid_values(f"{member} can not be specified if Enabled is false")
        return None
    if given.get("SSEType", "KMS") != "KMS":
        raise refusals.invalid_values(f"SSEType {given['SSEType']} is not supported")
    try:
        return resolve(given.get("KMSMasterKeyId") or AWS_MANAGED)
    except Refusal as refusal:
        raise refusals.invalid(
            f"KMS validation error: {refusal.message} (Service: AWSKMS; Error Code: {refusal.code})"
        ) from refusal
