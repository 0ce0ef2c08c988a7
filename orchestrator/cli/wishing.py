"""What `pause`, `continue` and `cancel` have in common."""

from typing import TYPE_CHECKING

from orchestrator.cli.options import Asked

if TYPE_CHECKING:
    from orchestrator.model import History, Wish


def wishes(asked: Asked, run: str, what: "Wish") -> int:
    """Write the wish down and show the run that it is for."""
    from orchestrator import pipeline
    from orchestrator.cli import logs
    from orchestrator.cli.running import Stage
    from orchestrator.cli.running import run as in_loop

    logs.configure(asked.session)

    async def work(stage: Stage) -> "History":
        return await pipeline.wish(asked.request(), run, what)

    found = in_loop(asked.session.signals, work)
    return asked.session.finish(0, lambda format_, view: format_.history(found, view))
