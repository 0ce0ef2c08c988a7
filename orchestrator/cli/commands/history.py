"""`orchestrator history`: the runs that the state store remembers."""

from typing import TYPE_CHECKING

import click

from orchestrator.cli.options import Asked, option, with_store
from orchestrator.cli.values import natural

if TYPE_CHECKING:
    from orchestrator.model import History


@click.command()
@click.argument("run", metavar="[RUN]", required=False)
@with_store
@option("--limit", metavar="N", type=natural, default="20", show_default=True, help="So many runs, the newest first.")
def history(asked: Asked, run: str | None, limit: int) -> int:
    """List the newest runs, or show one of them in full. Changes nothing."""
    from orchestrator import pipeline
    from orchestrator.cli import logs
    from orchestrator.cli.running import Stage
    from orchestrator.cli.running import run as in_loop

    logs.configure(asked.session)

    async def work(stage: Stage) -> "History":
        return await pipeline.history(asked.request(), limit=limit, run=run)

    found = in_loop(asked.session.signals, work)
    return asked.session.finish(0, lambda format_, view: format_.history(found, view))
