"""A process to be interrupted: the command line over a pipeline that waits. Run as `python -m tests.cli.victim HOW ARGUMENT…`.

HOW says what the pipeline does once the marker `ready` is on stderr:
`looks` observes for ever; `runs` runs until it is stopped, then reports; `deaf` runs and does not hear the stop;
`asks` asks for approval and then succeeds; `busy` never gives the event loop back.
"""

import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import anyio

from orchestrator import pipeline
from orchestrator.cli import running
from orchestrator.cli.main import run
from orchestrator.engine.stop import Stop
from orchestrator.errors import Problem, Refused
from orchestrator.model import Event, Preview
from orchestrator.pipeline import Applied, Request
from tests.render import nouns

HOW = sys.argv[1]


def ready() -> None:
    print("ready", file=sys.stderr, flush=True)


async def apply(
    request: Request,
    *,
    approve: Callable[[Preview], Awaitable[bool]] | None,
    shown: Callable[[Preview], None],
    begins: Callable[[Preview], None],
    listeners: Sequence[Callable[[Event], None]],
    stop: Stop,
) -> Applied:
    if HOW == "looks":
        ready()
        await anyio.sleep_forever()
    shown(nouns.PREVIEW)
    if approve is not None and not await approve(nouns.PREVIEW):
        raise Refused(Problem("not-approved", "Nothing was changed."))
    begins(nouns.PREVIEW)
    if HOW == "asks":
        return Applied(nouns.PREVIEW, replace(nouns.REPORT, exit_code=0, outcome="succeeded"))
    ready()
    while HOW == "busy":
        pass
    await stop.wait()
    if HOW == "deaf":
        await anyio.sleep_forever()
    assert stop.signal is not None
    return Applied(nouns.PREVIEW, replace(nouns.REPORT, exit_code=128 + stop.signal, outcome="interrupted"))


if __name__ == "__main__":
    pipeline.apply = apply  # type: ignore[assignment]  # parameters that it always gets have no defaults here
    running.GRACE = 0.05
    sys.exit(run(sys.argv[2:]))
