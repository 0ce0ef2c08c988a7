"""`orchestrator pause`: let a run start no new step."""

import click

from orchestrator.cli.about_runs import wishes
from orchestrator.cli.options import Asked, with_store


@click.command("pause")
@click.argument("run")
@with_store
def pause(asked: Asked, run: str) -> int:
    """Let a run start no new step until `continue`. It hears of it within some 15 seconds."""
    return wishes(asked, run, "pause")
