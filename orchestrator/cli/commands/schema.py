"""`orchestrator schema`: the plan language for editors."""

import json
import sys
from pathlib import Path

import click

from orchestrator.cli.options import option
from orchestrator.cli.session import put
from orchestrator.cli.values import output_file
from orchestrator.errors import OrchestratorError, Problem


@click.command()
@option("--out", metavar="FILE", type=output_file, help="Write it here instead of stdout.")
def schema(out: Path | None) -> int:
    """Print the JSON Schema of a plan file, for editors."""
    from orchestrator.planning.schema import schema as plan_schema

    text = json.dumps(plan_schema(), indent=2, ensure_ascii=False) + "\n"
    if out is None:
        return 0 if put(sys.stdout, text) else 1
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OrchestratorError(Problem("not-written", f"{out} could not be written: {error.strerror}.")) from error
    return 0
