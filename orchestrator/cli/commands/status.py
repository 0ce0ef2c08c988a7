"""`orchestrator status`: where things stand."""

from typing import TYPE_CHECKING

import click

from orchestrator.cli.options import Invocation, with_target

if TYPE_CHECKING:
    from orchestrator.model import Status


@click.command()
@with_target
def status(asked: Invocation) -> int:
    """Show where every table, index, function and alias stands: in place, pending change, in transition, broken."""
    from orchestrator import pipeline
    from orchestrator.cli import logs
    from orchestrator.cli.running import Stage, run
    from orchestrator.cli.screens import Watching

    logs.configure(asked.session)

    async def work(stage: Stage) -> "Status":
        with Watching(asked.session) as screen:
            screen.looking("Reading live state")
            return await pipeline.status(asked.request())

    found = run(asked.session.signals, work)
    return asked.session.finish(0, lambda format_, view: format_.status(found, view))
