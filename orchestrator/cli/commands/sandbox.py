"""`orchestrator sandbox`: control planes that behave, for any AWS client."""

import shlex
import sys
import threading
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import click

from orchestrator.cli import later
from orchestrator.cli.options import option
from orchestrator.cli.session import Session, put
from orchestrator.cli.values import assignments

if TYPE_CHECKING:
    from orchestrator.sandbox.faults import Faults
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
@option(
    "--stale-reads",
    metavar="[N]",
    is_flag=False,
    flag_value="2",
    default=0,
    type=click.IntRange(min=0),
    help="Let up to N reads (2 unless stated) after a change still tell the state before it.",
)
@option(
    "--delayed-tags",
    metavar="[SECONDS]",
    is_flag=False,
    flag_value="3",
    default=0,
    type=click.FloatRange(min=0),
    help="Let changed tags show only within so many seconds (3 unless stated).",
)
@option(
    "--fault",
    "faults",
    metavar="NAME=SHARE",
    multiple=True,
    callback=assignments,
    help="Let a share of all calls fail, such as throttle=0.2. Repeatable; an unknown name lists them all.",
)
@option("--seed", default=0, show_default=True, type=int, help="What chance draws from; the same seed draws the same.")
@click.pass_obj
def sandbox(
    session: Session,
    host: str,
    port: int,
    region: str,
    fast: bool,
    slow_factor: float,
    durations: Mapping[str, str],
    stale_reads: int,
    delayed_tags: float,
    faults: Mapping[str, str],
    seed: int,
) -> int:
    """Run a local endpoint that behaves like the real control planes, until Ctrl-C.

    On stdout it prints the environment variables to export, so that AWS clients go there. Durations are realistic
    unless told otherwise, reads see every change at once, and no call fails by chance. Tables with scalable targets
    change their throughput by themselves, every auto_scaling seconds.
    """
    over = threading.Event()

    def end(signum: int) -> None:
        over.set()

    from orchestrator.sandbox.rules.durations import Staleness
    from orchestrator.sandbox.server import SandboxServer

    with SandboxServer(
        host=host,
        port=port,
        region=region,
        durations=_durations(fast, slow_factor, durations),
        staleness=Staleness(reads=stale_reads, tags=delayed_tags),
        faults=_faults(seed, faults),
        seed=seed,
    ) as server:
        session.signals.tell(end)
        listens = server.endpoint.replace(host, ANYWHERE.get(host, host))
        variables = server.environment() | {"AWS_ENDPOINT_URL": listens}
        if not put(sys.stdout, "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())):
            return 1
        session.tell(f"\nThe sandbox listens on {listens}; Ctrl-C ends it, and forgets everything.\n")
        over.wait()
    return 0


def _faults(seed: int, stated: Mapping[str, str]) -> "Faults":
    from orchestrator.sandbox.faults import Faults, Injection

    # Who has a connection has reached the endpoint: that it cannot be reached is nothing a server can bring about.
    calls = [injection.name.lower() for injection in Injection if injection is not Injection.UNREACHABLE]
    names = [*calls, "unprocessed"]
    shares: dict[str, Any] = {
        name: _number("fault", name, value, names, "a share from 0 to 1", most=1) for name, value in stated.items()
    }
    # What is left unprocessed are requests of a batch, whatever becomes of the calls.
    together = sum(shares.get(name, 0) for name in calls)
    if together > 1:
        raise click.UsageError(f"The shares of all faults are {together:g} together, more than 1.")
    return Faults(seed, **shares)


def _durations(fast: bool, slow_factor: float, stated: Mapping[str, str]) -> "Durations":
    from orchestrator.sandbox.rules.durations import Durations

    start = Durations.fast() if fast else Durations.realistic()
    names = [item.name for item in fields(start)]
    scaled = {name: getattr(start, name) * slow_factor for name in names}
    seconds = {name: _number("duration", name, value, names, "a number of seconds") for name, value in stated.items()}
    return replace(start, **scaled | seconds)


def _number(sort: str, name: str, value: str, names: list[str], wanted: str, most: float = sys.float_info.max) -> float:
    """The number of a NAME=NUMBER; `names` are all that there are, `wanted` says what it has to be."""
    if name not in names:
        raise click.UsageError(f"There is no {sort} {name}.{later.nearest(name, names)} There are: {', '.join(names)}.")
    try:
        number = float(value)
    except ValueError:
        number = -1
    if not 0 <= number <= most:
        raise click.UsageError(f"The {sort} {name} is {wanted}, not {value!r}.")
    return number
