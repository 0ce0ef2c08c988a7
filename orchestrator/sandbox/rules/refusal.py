"""A call that a control plane does not accept."""

from collections.abc import Mapping
from typing import Any


class Refusal(Exception):
    """An error reply: AWS's code, message and HTTP status (DynamoDB's client errors are all 400).

    `in_transition` marks what was refused only because the resource was on the way from one state to another, in a way
    that a read beforehand could have shown. `retry_after` is in seconds; `fields` are further members of the error
    document (`Reason`, `Type`).
    """

    def __init__(
        self,
        code: str,
        message: str,
        status: int = 400,
        *,
        in_transition: bool = False,
        retry_after: float | None = None,
        fields: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.in_transition = in_transition
        self.retry_after = retry_after
        self.fields: Mapping[str, Any] = dict(fields or {})
