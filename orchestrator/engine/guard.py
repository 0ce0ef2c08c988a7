"""The Guard of a run that holds no lock: live state alone is what it goes by (`--state none`)."""

import anyio

from orchestrator.errors import OrchestratorError


class Unguarded:
    """Everything may go on."""

    async def before_step(self) -> None:
        return

    async def before_call(self) -> float:
        return float("inf")

    async def until_over(self) -> OrchestratorError:
        await anyio.sleep_forever()
        raise AssertionError("unreachable")
