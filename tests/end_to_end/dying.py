"""Runs that are killed: a Cloud whose caller dies, as by a SIGKILL."""

from typing import Any

from orchestrator.model import Call
from orchestrator.ports import Cloud


class Dead(BaseException):
    """A SIGKILL."""


class Dying:
    """A Cloud whose caller dies at its `at`-th call."""

    def __init__(self, cloud: Cloud, at: int) -> None:
        self.called = 0
        self._cloud = cloud
        self._at = at

    async def send(self, call: Call) -> Any:
        self.called += 1
        if self.called >= self._at:
            raise Dead
        return await self._cloud.send(call)
