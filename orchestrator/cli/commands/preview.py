"""`orchestrator preview`: what an apply would do."""

import shlex
from typing import TYPE_CHECKING, Any

import click

from orchestrator.cli.options import Invocation, option, with_share, with_target

if TYPE_CHECKING:
    from orchestrator.model import Preview, Share

CHANGES_PENDING, INVALID = 2, 3


COUNTING = (
    "Count what backfills would change, and show samples: reads up to 10,000 items of each one's table, which costs."
)


@click.command()
@with_target
@with_share
@option("--detailed-exitcode", is_flag=True, help="End with 2 where there is something to change.")
@option("--show-requests", is_flag=True, help="Show the exact API request of each step.")
@option("--allow-destructive", is_flag=True, help="Allow steps that delete or replace something.")
@option("--count-items", is_flag=True, help=COUNTING)
def preview(
    asked: Invocation,
    detailed_exitcode: bool,
    show_requests: bool,
    allow_destructive: bool,
    count_items: bool,
    share: "Share | None",
) -> int:
    """Show every step that an apply would make, in the order it will run, and why. Changes nothing.

    --out preview.json keeps it as a document to read and to compare. `apply` does not take one yet: give it the plans.
    """
    return show(
        asked,
        detailed_exitcode=detailed_exitcode,
        show_requests=show_requests,
        allow_destructive=allow_destructive,
        count_items=count_items,
        share=share,
    )


def show(
    asked: Invocation,
    *,
    detailed_exitcode: bool = False,
    show_requests: bool = False,
    **looking: Any,
) -> int:
    """Preview and put it out; `apply --dry-run` is the same. `looking` are parts of the request that not all commands have."""
    from orchestrator import pipeline
    from orchestrator.cli import logs
    from orchestrator.cli.running import Stage, run
    from orchestrator.cli.screens import Watching

    logs.configure(asked.session)

    async def work(stage: Stage) -> "Preview":
        with Watching(asked.session) as screen:
            screen.looking("Reading live state")
            return await pipeline.preview(asked.request(**looking))

    shown = run(asked.session.signals, work)
    return asked.session.finish(
        exit_code(shown, detailed=detailed_exitcode),
        lambda format_, view: format_.preview(shown, view),
        advice=advice(asked, len(shown.graph), looking.get("share")),
        requests=show_requests,
    )


def exit_code(shown: "Preview", *, detailed: bool) -> int:
    if any(finding.level == "error" for finding in shown.findings):
        return INVALID
    return CHANGES_PENDING if detailed and shown.graph.steps else 0


def advice(asked: Invocation, steps: int, share: "Share | None" = None) -> str:
    """The command that would make so many steps. Variables are left out of it: one may be a secret."""
    command = shlex.join(["orchestrator", "apply", *map(str, asked.plans)])
    rest = " with the same options" if asked.has_options or share else ""
    return f"Run `{command}`{rest} to make {'it' if steps == 1 else 'them'}."
