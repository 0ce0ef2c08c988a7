"""The options that every command with a target takes, and the Invocation that they become."""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from orchestrator.adapters.store_names import DEFAULT, FORMS
from orchestrator.cli.session import LogFormat, Session
from orchestrator.cli.values import assignments, format_name, output_file, region_name, result_file, share, state_store

if TYPE_CHECKING:
    from orchestrator.pipeline import Request

LOG_LEVELS = ("debug", "info", "warning", "error")

Command = Callable[..., Any]


def option(name: str, *more: Any, **attributes: Any) -> Callable[[Command], Command]:
    """A click option that can also be given as ORCHESTRATOR_<OPTION>."""
    variable = "ORCHESTRATOR_" + name.removeprefix("--").upper().replace("-", "_")
    return click.option(name, *more, envvar=variable, **attributes)


def with_share(command: Command) -> Command:
    """Add the option of a job that does only its share of backfills."""
    told = "Do only this share of each backfill, such as 1/4: other jobs do the others."
    return option("--shard", "share", metavar="N/OF", type=share, help=told)(command)


@dataclass(frozen=True, slots=True)
class Invocation:
    """What was asked of a command with a target, whatever the command."""

    session: Session
    plans: tuple[Path, ...]
    variables: Mapping[str, str]
    var_files: tuple[Path, ...]
    region: str | None
    profile: str | None
    endpoint_url: str | None
    sandbox: bool
    state: str | None

    @property
    def has_options(self) -> bool:
        """Whether more than the plans was given that a following command would need too."""
        values = (self.variables, self.var_files, self.region, self.profile, self.endpoint_url, self.sandbox)
        return any(values)

    def request(self, **more: Any) -> "Request":
        """The pipeline's form of it. Imports the pipeline."""
        from orchestrator.pipeline import Request

        same = {item.name: getattr(self, item.name) for item in fields(self) if item.name != "session"}
        return Request(**same, **more, said="--var")


_OPTIONS = (
    click.argument("plans", metavar="PLAN...", nargs=-1, required=True, type=click.Path(path_type=Path)),
    click.option(
        "--var",
        "variables",
        metavar="NAME=VALUE",
        multiple=True,
        callback=assignments,
        help="A plan's variable. Repeatable.",
    ),
    click.option(
        "--var-file",
        "var_files",
        metavar="FILE",
        multiple=True,
        type=click.Path(path_type=Path),
        help="Variables from a YAML or JSON file. Repeatable.",
    ),
)
_SANDBOX = option("--sandbox", is_flag=True, help="An embedded endpoint that starts and ends with the command.")
_PLACE_OPTIONS = (
    option("--region", metavar="REGION", type=region_name, help="AWS region; wins over the plan's."),
    option("--profile", metavar="NAME", help="Profile of AWS's own configuration."),
    option("--endpoint-url", metavar="URL", help="Another endpoint than AWS's, for every service."),
    option(
        "--state",
        metavar="STORE",
        type=state_store,
        help=f"Where runs and locks are kept: {FORMS}. Default: {DEFAULT}; in memory with --sandbox.",
    ),
)
_OUTPUT_OPTIONS = (
    option(
        "--format",
        "form",
        metavar="text|json",
        default="text",
        show_default=True,
        type=format_name,
        is_eager=True,
        help="The form of the result on stdout.",
    ),
    option(
        "--out",
        metavar="FILE",
        type=output_file,
        callback=result_file,
        help="Write the result here too; form from --format, else the suffix.",
    ),
    option("--log-level", type=click.Choice(LOG_LEVELS), help="Default: info for JSON logs, else warning."),
    option(
        "--log-format",
        default="auto",
        show_default=True,
        type=click.Choice(["auto", "console", "json"]),
        help="On stderr: auto is a live view on a terminal, else JSON lines; console is plain lines.",
    ),
    option("--no-color", is_flag=True, help="No colour (the same as NO_COLOR=1)."),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of a command that is about runs, not plans: where their store is."""

    session: Session
    region: str | None
    profile: str | None
    endpoint_url: str | None
    state: str | None

    def request(self) -> "Request":
        from orchestrator.pipeline import Request

        named = {item.name: getattr(self, item.name) for item in fields(self) if item.name != "session"}
        return Request(plans=(), **named)


def with_target(command: Command) -> Command:
    """Add the options; the command gets an Invocation instead of them, first."""
    return _with((*_OPTIONS, *_PLACE_OPTIONS, _SANDBOX), Invocation, command)


def with_store(command: Command) -> Command:
    """Add the options of a command about runs; it gets an Asked instead of them, first."""
    return _with(_PLACE_OPTIONS, Asked, command)


def _with(options: Sequence[Callable[[Command], Command]], sort: type[Invocation | Asked], command: Command) -> Command:
    """Add `options` and those of output; the command gets one of `sort` instead of them, first."""

    @functools.wraps(command)
    @click.pass_context
    def wrapper(ctx: click.Context, /, **values: Any) -> Any:
        given = ctx.get_parameter_source("form") not in (click.core.ParameterSource.DEFAULT, None)
        session = _session(ctx, values, form_given=given)
        taken = {item.name: values.pop(item.name) for item in fields(sort) if item.name != "session"}
        if taken.get("sandbox") and taken["endpoint_url"]:
            raise click.UsageError("--sandbox brings its own endpoint: give it or --endpoint-url, not both.")
        return command(sort(session, **taken), **values)

    decorated: Command = wrapper
    for add in reversed((*options, *_OUTPUT_OPTIONS)):
        decorated = add(decorated)
    return decorated


def _session(ctx: click.Context, values: dict[str, Any], *, form_given: bool) -> Session:
    """The session of this process, told how its output is to look."""
    session = ctx.find_object(Session) or Session()
    session.form = values.pop("form")
    session.form_given = form_given
    session.out = values.pop("out")
    session.no_color = values.pop("no_color") or session.no_color
    session.log_level = values.pop("log_level")
    session.log_format = cast(LogFormat, values.pop("log_format"))
    return session
