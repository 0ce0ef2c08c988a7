"""`orchestrator unlock`: take away what a dead run holds."""

import sys
from typing import TYPE_CHECKING

import click

from orchestrator.cli.about_runs import show_runs
from orchestrator.cli.options import Asked, option, with_store
from orchestrator.cli.session import put

if TYPE_CHECKING:
    from orchestrator.model import History


@click.command()
@click.argument("run")
@with_store
@option("--force", is_flag=True, help="Also while its heartbeat is fresh: it then stops before its next call.")
def unlock(asked: Asked, run: str, force: bool) -> int:
    """Release what a run holds, after showing who it is, where and since when."""
    from orchestrator import pipeline
    from orchestrator.cli import logs
    from orchestrator.render import FORMATS

    session = asked.session
    for_people = session.form != "json" and session.log_format != "json"

    def shown(found: "History") -> None:
        if for_people:
            put(sys.stderr, FORMATS["text"].history(found, session.view(sys.stderr)))
        else:
            logs.holder(found.runs[0])

    def waiting(seconds: float) -> None:
        if for_people:
            put(sys.stderr, f"Releasing it takes {seconds:g} s: until then it may still trust its lease.\n")
        else:
            logs.releasing(run, seconds)

    return show_runs(asked, lambda request: pipeline.unlock(request, run, force=force, shown=shown, waiting=waiting))
