"""Regions that may not be looked at."""

from collections.abc import Mapping
from typing import Any

from orchestrator.errors import Fault
from orchestrator.model import Call
from orchestrator.ports import Cloud

WEST = "us-west-2"


class Unseen:
    """A cloud whose us-west-2 nobody may look at."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    async def send(self, call: Call) -> Mapping[str, Any]:
        if call.region == WEST:
            raise Fault(call.service, call.operation, "AccessDeniedException", "no", status=400, region=WEST)
        return await self._cloud.send(call)
