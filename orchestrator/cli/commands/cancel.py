"""`orchestrator cancel`: stop a run from elsewhere."""

import click

from orchestrator.cli.about_runs import wishes
from orchestrator.cli.options import Asked, with_store


@click.command("cancel")
@click.argument("run")
@with_store
def cancel(asked: Asked, run: str) -> int:
    """Stop a run as if it had been interrupted: AWS goes on with what was begun, and the next run picks it up."""
    return wishes(asked, run, "cancel")
