"""What a caller hears who lacks a permission."""

from collections.abc import Collection, Mapping

from orchestrator.sandbox.rules.refusal import Refusal

PERMISSIONS: Mapping[str, str] = {"s3:HeadObject": "s3:GetObject"}
"""What an operation needs where that has another name (of GetObjectAttributes' two permissions the one of its name)."""
OF_VERSIONS: Mapping[str, str] = {
    "s3:GetObject": "s3:GetObjectVersion",
    "s3:GetObjectAttributes": "s3:GetObjectVersionAttributes",
}
"""What is needed instead where a call names a version."""


def not_authorized(
    denied: Collection[str], account: str, service: str, operation: str, *, versioned: bool = False
) -> Refusal | None:
    """The refusal of a call for which one of the `denied` permissions (`kms:DescribeKey`) is needed; None for any other.

    `versioned`: the call names a version of an object.
    """
    api = f"{service}:{operation}"
    needed = PERMISSIONS.get(api, api)
    if versioned:
        needed = OF_VERSIONS.get(needed, needed)
    if needed not in denied:
        return None
    if api == "s3:HeadObject":
        # The answer to HEAD has no body: only the status is left of the reason.
        return Refusal("403", "Forbidden", 403)
    if service == "s3":
        return Refusal("AccessDenied", "Access Denied", 403)
    text = f"User: arn:aws:iam::{account}:user/sandbox is not authorized to perform: {needed}"
    return Refusal("AccessDeniedException", text, 403 if service == "lambda" else 400)
