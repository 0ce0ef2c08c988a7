"""Invocations: at least once. The same token goes with each attempt of one invocation, so that the function can tell.

An invocation goes on, with its token, until the function has answered without an error.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from orchestrator.engine.tasks.answers import Answer
from orchestrator.engine.tasks.doing import Job
from orchestrator.kinds.task.invoke import context, request
from orchestrator.model import Invocation

PART = "invocation"
SUCCEEDED = range(200, 300)


async def invoke(job: Job[Invocation]) -> None:
    """Invoke the function of `job`, and see that it answers as is expected. Raises Undone, Fault."""
    (before,) = await job.memory.get(PART)
    if before is not None and _was_answered(job, before):
        return
    token = before["token"] if before and before["state"] == "open" and _same(job, before) else secrets.token_hex(16)
    await _keep(job, token, "open")
    call = request(job.work, context(token))
    answer = Answer.read(await job.calls.write(call, harmless=True, told={"token": token}), job.calls.secret)
    if answer.error:
        action = "Mend the function, or what it works on, then run again: it is invoked again, with the same token."
        raise job.failed("function-error", answer.failure(), action)
    differences = list(answer.otherwise(job.work.expect))
    if answer.status not in SUCCEEDED and job.work.expect.status is None:
        differences.append(f"status: wanted a success, found {answer.status}")
    good = not differences
    await job.calls.kept(lambda: _keep(job, token, "answered" if good else "otherwise"))
    if differences:
        message = "\n".join(["The function did not answer as expected.", *differences])
        raise job.failed("unexpected-answer", message, "Mend the function, or what `expect` says, then run again.")


def _was_answered(job: Job[Invocation], before: Mapping[str, Any]) -> bool:
    """Whether a run was cut off between the answer, which was good, and remembering that the task is done."""
    return before["state"] == "answered" and not job.was_done_by(before["run"]) and _same(job, before)


def _same(job: Job[Invocation], before: Mapping[str, Any]) -> bool:
    return bool(before["digest"] == job.digest and dict(before["names"]) == dict(job.names))


async def _keep(job: Job[Invocation], token: str, state: str) -> None:
    told = {"token": token, "digest": job.digest, "names": dict(job.names), "state": state, "run": job.run.recorder.run}
    await job.memory.put(PART, told)
