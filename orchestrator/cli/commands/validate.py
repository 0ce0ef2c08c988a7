"""`orchestrator validate`: the files alone."""

import click

from orchestrator.cli.options import Invocation, with_target
from orchestrator.errors import InvalidPlan


@click.command()
@with_target
def validate(asked: Invocation) -> int:
    """Check plan files alone, offline: syntax, names, references, cycles, quotas."""
    from orchestrator import pipeline

    asked.session.signals.heed()
    try:
        plans = pipeline.validate(asked.request())
    except InvalidPlan as error:
        return asked.session.invalid(error.problems, error.exit_code)
    return asked.session.finish(0, lambda format_, view: format_.validation(plans, (), 0, view))
