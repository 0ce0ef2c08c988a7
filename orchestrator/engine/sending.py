"""How a call that changes something goes out: with leave, in time, and with grace for its answer once it is on its way."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import anyio

from orchestrator.departure import leaving_within
from orchestrator.engine.race import CUT, unless
from orchestrator.engine.run import Run
from orchestrator.engine.treatment import Situation
from orchestrator.errors import Fault
from orchestrator.model import Call, What

Answer = Mapping[str, Any] | Fault


async def allowed(run: Run) -> float:
    """Return once a call may go out, with the seconds that it has to leave; never, once none may any more."""
    seconds = await run.guard.before_call()
    if run.over.is_set():
        await anyio.sleep_forever()  # what ended the run cancels this, too
    return seconds


async def answered(
    run: Run, call: Call, situation: Situation, seconds: float, over: Callable[[], Awaitable[object]], why: str
) -> Answer:
    """The reply or the refusal of a call that leaves within `seconds`. Once `over` returns, the run's grace is left for it; then
    it has none, and `why` is said.
    """

    async def forward() -> Answer:
        try:
            with leaving_within(seconds, run.clock):
                return await run.cloud.forward(call, situation)
        except Fault as fault:
            return fault

    async def grace_is_over() -> None:
        await over()
        await run.clock.sleep(run.options.grace)

    answer = await unless(forward, grace_is_over)
    if answer is CUT:
        return Fault(call.service, call.operation, "NoAnswer", why, region=call.region)
    return answer


def noted(answer: Answer) -> tuple[What, Mapping[str, Any]]:
    """The event that tells of an answer, and its facts."""
    if isinstance(answer, Fault):
        return "not_accepted", {"code": answer.code, "request_id": answer.request_id}
    return "sent", {"request_id": answer.get("ResponseMetadata", {}).get("RequestId")}
