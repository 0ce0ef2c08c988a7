"""`orchestrator continue`: let a paused run go on."""

import click

from orchestrator.cli.about_runs import wishes
from orchestrator.cli.options import Asked, with_store


@click.command("continue")
@click.argument("run")
@with_store
def continue_(asked: Asked, run: str) -> int:
    """Let a paused run go on."""
    return wishes(asked, run, "continue")
