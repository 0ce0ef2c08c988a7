"""`orchestrator sandbox`: control planes that behave, for any AWS client."""

import shlex
import sys
import threading
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING

import click

from orchestrator.cli import later
from orchestrator.cli.options import option
from orchestrator.cli.session import Session, put
from orchestrator.cli.values import assignments

if TYPE_CHECKING:
    from orchestrator.sandbox.rules.durations import Durations

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - what to call it by, where it listens everywhere


@click.command()
@option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@option("--port", default=4566, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@option("--region", default="us-east-1", show_default=True, help="For requests that do not say theirs.")
@option("--fast", is_flag=True, help="One to three seconds for what takes AWS seconds to minutes.")
@option("--slow-factor", metavar="N", default=1.0, type=click.FloatRange(min=0), help="Multiply every duration by N.")
@option(
    "--duration",
    "durations",
    metavar="NAME=SECONDS",
    multiple=True,
    callback=assignments,
    help="One duration, such as index_backfill=30. Repeatable; an unknown name lists them all.",
)
@click.pass_obj
def sandbox(
    session: Session, host: str, port: int, region: str, fast: bool, slow_factor: float, durations: Mapping[str, str]
) -> int:
    """Run a local endpoint that behaves like the real control planes, until Ctrl-C.

    On stdout it prints the environment variables to export, so that AWS clients go there. Durations are realistic
    unless told otherwise.
    """
    chosen = _durations(fast, slow_factor, durations)
    over = threading.Event()

    def end(signum: int) -> None:
        over.set()

    from orchestrator.sandbox.server import SandboxServer

    with SandboxServer(host=host, port=port, region=region, durations=chosen) as server:
        session.signals.listener = end
        listens = server.endpoint.replace(host, ANYWHERE.get(host, host))
        variables = server.environment() | {"AWS_ENDPOINT_URL": listens}
        if not put(sys.stdout, "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())):
            return 1
        session.tell(f"\nThe sandbox listens on {listens}; Ctrl-C ends it, and forgets everything.\n")
        over.wait()
    return 0


def _durations(fast: bool, slow_factor: float, stated: Mapping[str, str]) -> "Durations":
    from orchestrator.sandbox.rules.durations import Durations

    start = Durations.fast() if fast else Durations.realistic()
    names = [item.name for item in fields(start)]
    scaled = {name: getattr(start, name) * slow_factor for name in names}
    return replace(start, **scaled | {name: _seconds(name, value, names) for name, value in stated.items()})


def _seconds(name: str, value: str, names: list[str]) -> float:
    if name not in names:
        raise click.UsageError(
            f"There is no duration {name}.{later.nearest(name, names)} There are: {', '.join(names)}.",
        )
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1
    if not 0 <= seconds < float("inf"):
        raise click.UsageError(f"The duration {name} is a number of seconds, not {value!r}.")
    return seconds
