"""`orchestrator wait`: for pods that must not apply."""

from typing import TYPE_CHECKING

import click

from orchestrator.cli.options import Invocation, option, with_target
from orchestrator.cli.values import duration

if TYPE_CHECKING:
    from orchestrator.model import Waited


@click.command()
@with_target
@option("--deadline", metavar="DURATION", type=duration, help="Give up after this long, such as 15m (exit code 6).")
@option(
    "--wait",
    "until",
    type=click.Choice(["gate", "all"]),
    default="gate",
    show_default=True,
    help="gate: until all but background work is settled; all: everything.",
)
def wait(asked: Invocation, deadline: int | None, until: str) -> int:
    """Block until live state satisfies the plans and is settled. Changes nothing."""
    from orchestrator import pipeline
    from orchestrator.cli import logs
    from orchestrator.cli.running import Stage, run
    from orchestrator.cli.screens import Watching
    from orchestrator.engine.stop import Stop

    session = asked.session
    logs.configure(session)

    async def work(stage: Stage) -> "Waited":
        stop = Stop()
        stage.stops_by(stop)
        with Watching(session) as screen:
            screen.looking("Waiting until everything is as planned and settled")
            return await pipeline.wait(
                asked.request(deadline=deadline, wait=until),
                listeners=[screen.event, *logs.listeners(session)],
                stop=stop,
            )

    end = run(session.signals, work)
    return session.finish(end.exit_code, lambda format_, view: format_.waited(end, view))
