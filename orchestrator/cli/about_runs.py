"""What the commands about runs have in common: ask the store, show the runs that it answers with."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from orchestrator.cli.options import Asked

if TYPE_CHECKING:
    from orchestrator.cli.running import Stage
    from orchestrator.model import History, Wish
    from orchestrator.pipeline import Request


def show_runs(asked: Asked, ask: "Callable[[Request], Awaitable[History]]") -> int:
    """Ask, and write what comes of it as the session wants it; the exit code."""
    from orchestrator.cli import logs
    from orchestrator.cli.running import run

    logs.configure(asked.session)

    async def work(stage: "Stage") -> "History":
        return await ask(asked.request())

    found = run(asked.session.signals, work)
    return asked.session.finish(0, lambda format_, view: format_.history(found, view))


def wishes(asked: Asked, run: str, what: "Wish") -> int:
    """Write the wish down and show the run that it is for."""
    from orchestrator import pipeline

    return show_runs(asked, lambda request: pipeline.wish(request, run, what))
