"""`orchestrator apply`: preview, ask, run, report."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestrator.cli.commands.preview import COUNTING, show
from orchestrator.cli.options import Invocation, option, with_share, with_target
from orchestrator.cli.values import duration, formed_file, natural

if TYPE_CHECKING:
    from orchestrator.cli.running import Stage
    from orchestrator.cli.screens import Screen
    from orchestrator.cli.session import Session
    from orchestrator.engine.stop import Stop
    from orchestrator.model import Preview
    from orchestrator.pipeline import Applied


@click.command()
@with_target
@with_share
@option("--yes", is_flag=True, help="Approve beforehand; needed without a terminal.")
@option("--dry-run", is_flag=True, help="The same as `orchestrator preview`.")
@option("--count-items", is_flag=True, help=f"With --dry-run: {COUNTING[0].lower()}{COUNTING[1:]}")
@option("--allow-destructive", is_flag=True, help="Allow steps that delete or replace something.")
@option(
    "--allow-older",
    is_flag=True,
    help="Undo what a newer version of the plan has made, where this one states it otherwise.",
)
@option(
    "--lock-timeout",
    metavar="DURATION",
    default="15m",
    show_default=True,
    type=duration,
    help="Wait so long for runs of other plans that hold what this one needs.",
)
@option("--deadline", metavar="DURATION", type=duration, help="End the run after this long, such as 2h; AWS goes on.")
@option("--max-parallel", metavar="N", type=natural, help="So many resources at once, 1 or more.")
@option("--fail-fast", is_flag=True, help="Start no new step once one has failed.")
@option(
    "--report", metavar="FILE", type=formed_file, help="Write the report here, whatever happens; form from the suffix."
)
@option(
    "--wait",
    type=click.Choice(["gate", "all", "none"]),
    default="gate",
    show_default=True,
    help="Wait for gate: all but background work; all: everything; none: issue what can be issued and leave.",
)
def apply(asked: Invocation, yes: bool, dry_run: bool, count_items: bool, report: Path | None, **running: Any) -> int:
    """Preview, ask, run and report. Without a terminal it needs --yes when there is something to change."""
    if dry_run:
        if report:
            raise click.UsageError(
                "--dry-run makes no run to report on; `orchestrator preview --out FILE` keeps a preview."
            )
        looking = {name: running[name] for name in ("allow_destructive", "share")}
        return show(asked, count_items=count_items, **looking)
    if count_items:
        raise click.UsageError("--count-items goes with --dry-run: a run does what there is to do, and counts it.")
    asked.session.report = report
    return _apply(asked, yes=yes, **running)


def _apply(asked: Invocation, *, yes: bool, **running: Any) -> int:
    from orchestrator import pipeline
    from orchestrator.cli import logs
    from orchestrator.cli.running import Stage, run
    from orchestrator.cli.screens import Watching
    from orchestrator.engine.stop import Stop
    from orchestrator.render.text.report import last_line

    session = asked.session
    logs.configure(session)

    async def work(stage: Stage) -> "Applied":
        stop = Stop()
        with Watching(session) as screen:
            desk = _Desk(session, screen, stage, stop, asks=not yes)
            screen.looking("Reading live state")
            return await pipeline.apply(
                asked.request(**running),
                approve=None if yes else desk.approve,
                shown=desk.shown,
                begins=desk.begins,
                listeners=[screen.event, *logs.listeners(session)],
                stop=stop,
            )

    applied = run(session.signals, work)
    told = applied.report
    if session.audience != "json" and not sys.stdout.isatty():
        session.tell(last_line(told) + "\n")
    elif session.audience == "lines":
        session.tell("\n")
    return session.finish(told.exit_code, lambda format_, view: format_.report(told, applied.preview, view))


class _Desk:
    """Where a preview is laid before the person who decides, and a run begins."""

    def __init__(self, session: "Session", screen: "Screen", stage: "Stage", stop: "Stop", *, asks: bool) -> None:
        self._session = session
        self._screen = screen
        self._stage = stage
        self._stop = stop
        self._asks = asks
        self._begun = False

    def shown(self, preview: "Preview") -> None:
        """The steps on stderr, for whoever reads along: stdout is the report's. Readers of JSON logs get events instead."""
        from orchestrator.cli import logs
        from orchestrator.render import FORMATS

        self._screen.end()
        logs.previewed(self._session, preview)
        if preview.graph.steps and (self._session.audience != "json" or (self._asks and self._session.can_ask)):
            page = FORMATS["text"].preview(_without_refusals(preview), self._session.view(sys.stderr))
            self._session.tell(page + "\n")

    async def approve(self, preview: "Preview") -> bool:
        from orchestrator.cli.ask import approved

        if not self._begun:
            self._stage.stops_by(None)  # nothing was changed yet, so there is nothing to report
        return await approved(self._session, preview)

    def begins(self, preview: "Preview") -> None:
        """From now on a signal stops the run, which then reports."""
        self._begun = True
        self._stage.stops_by(self._stop)
        if preview.graph.steps:
            self._screen.begin(preview)


def _without_refusals(preview: "Preview") -> "Preview":
    """Its steps and what is suspicious; that a step is refused is told once, by the error that ends the command."""
    return replace(preview, findings=tuple(finding for finding in preview.findings if not finding.refuses))
