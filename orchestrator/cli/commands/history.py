"""`orchestrator history`: the runs that the state store remembers."""

import click

from orchestrator.cli.about_runs import show_runs
from orchestrator.cli.options import Asked, option, with_store
from orchestrator.cli.values import natural


@click.command()
@click.argument("run", metavar="[RUN]", required=False)
@with_store
@option("--limit", metavar="N", type=natural, default="20", show_default=True, help="So many runs, the newest first.")
def history(asked: Asked, run: str | None, limit: int) -> int:
    """List the newest runs, or show one of them in full. Changes nothing."""
    from orchestrator import pipeline

    return show_runs(asked, lambda request: pipeline.history(request, limit=limit, run=run))
