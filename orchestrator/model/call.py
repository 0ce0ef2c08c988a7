"""API requests as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """One API request as data. Parameters are the API's own; a leaf may be a Text known only later, or a Blob.

    `region` is the Region it goes to where that is another than the run's own.
    """

    service: str
    operation: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    region: str | None = None

    @property
    def api(self) -> str:
        return f"{self.service}:{self.operation}"

    @property
    def title(self) -> str:
        """`dynamodb:UpdateTable`, and ` in us-west-2` where that is not the run's own Region."""
        return f"{self.api} in {self.region}" if self.region else self.api
