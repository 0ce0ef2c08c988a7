"""The command line as a function: arguments in, exit code out; whatever happens ends in a sentence, never in a traceback."""

import contextlib
import io
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import click

from orchestrator.cli import later
from orchestrator.cli.menu import COMMANDS, NoCommand, menu
from orchestrator.cli.session import Session, put
from orchestrator.cli.signals import Interrupted
from orchestrator.errors import OrchestratorError, Problem, Usage

USAGE = Usage.exit_code


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code. Takes the process's streams, environment and signals as they are."""
    _open_what_is_closed()
    _write_whatever_comes()
    session = _guessed(arguments, os.environ)
    with session.signals:
        try:
            _no_dangerous_leftovers(os.environ)
            code = menu.main(list(arguments), prog_name="orchestrator", standalone_mode=False, obj=session)
            return _closed(code if isinstance(code, int) else 0)
        except (Interrupted, KeyboardInterrupt, click.Abort):  # click makes the second into the third
            exit_code = 128 + (session.signals.received or 2)
            problem = Problem(
                "interrupted", "Interrupted before the end.", "Nothing more was sent; run again to go on."
            )
            return session.fail([problem], exit_code)
        except click.ClickException as error:
            return session.fail([_usage(error, arguments)], USAGE)
        except Exception as error:  # noqa: BLE001 - the last line before a traceback
            return _failed(session, error)


def _open_what_is_closed() -> None:
    """Who closes a stream (`>&-`) does not want it. Python has None for it then, and the next file would take its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - as long as the process


def _write_whatever_comes() -> None:
    """Names from AWS or a plan may hold characters that the terminal's encoding has not."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            with contextlib.suppress(ValueError, OSError):
                stream.reconfigure(errors="backslashreplace")


def _guessed(arguments: Sequence[str], environ: Mapping[str, str]) -> Session:
    """What is needed to report that the arguments can't be read: asked for in JSON, a usage error comes in JSON too."""

    def is_json(name: str) -> bool:
        named = [argument.partition("=")[2] for argument in arguments if argument.startswith(f"--{name}=")]
        named += [word for option, word in pairwise(arguments) if option == f"--{name}"]
        variable = "ORCHESTRATOR_" + name.upper().replace("-", "_")
        return (named or [environ.get(variable, "")])[-1] == "json"

    return Session(
        form="json" if is_json("format") else "text",
        log_format="json" if is_json("log-format") else "auto",
        no_color=bool(environ.get("NO_COLOR")),
    )


def _no_dangerous_leftovers(environ: Mapping[str, str]) -> None:
    for name in later.DANGEROUS_VARIABLES:
        if environ.get(name):
            option = "--" + name.removeprefix("ORCHESTRATOR_").lower().replace("_", "-")
            raise click.UsageError(later.comes_later(f"The option {option} ({name} is set)"))


def _closed(code: int) -> int:
    """Everything is written by now, or its reader is gone."""
    return code if put(sys.stdout, "") else code or 1


def _usage(error: click.ClickException, arguments: Sequence[str]) -> Problem:
    """click's complaint as a sentence and a next step. Of an option without its value it does not say the command."""
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    command = ctx.command_path if ctx else " ".join(["orchestrator", *COMMANDS.keys() & arguments[:1]])
    action = "" if isinstance(error, NoCommand) else f"Run `{command} --help` for what there is."
    if isinstance(error, click.NoSuchOption):
        return Problem("usage", _no_such_option(error, ctx), action)
    if isinstance(error, click.BadParameter) and ctx and error.param and _from_environment(ctx, error.param):
        error.param_hint = f"{error.param.envvar} ({error.param.opts[0]})"
    text = error.format_message()
    return Problem("usage", text if text.endswith((".", "?")) else f"{text}.", action)


def _from_environment(ctx: click.Context, param: click.Parameter) -> bool:
    return ctx.get_parameter_source(param.name or "") is click.core.ParameterSource.ENVIRONMENT


def _no_such_option(error: click.NoSuchOption, ctx: click.Context | None) -> str:
    name = error.option_name
    if name in later.OPTIONS:
        return later.comes_later(f"The option {name}")
    if ctx is not None and ctx.parent is None:
        return f"There is no option {name} before the command; options of a command stand after it."
    known = [word for param in ctx.command.params for word in param.opts] if ctx else []
    return f"There is no option {name}.{later.nearest(name, known)}"


def _failed(session: Session, error: Exception) -> int:
    """What the pipeline raised, through the task groups it may have passed."""
    problems: list[Problem] = []
    exit_codes: list[int] = []
    for single in _singles(error):
        known = isinstance(single, OrchestratorError)
        problems += single.problems if isinstance(single, OrchestratorError) else [_unexpected(single, session)]
        exit_codes.append(single.exit_code if isinstance(single, OrchestratorError) else 1)
        if not known and session.log_level == "debug":
            session.debug("".join(traceback.format_exception(single)))
    return session.fail(problems, next((code for code in (7, 1, 5, 6) if code in exit_codes), exit_codes[0]))


def _singles(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [single for inner in error.exceptions for single in _singles(inner)]
    return [error]


def _unexpected(error: BaseException, session: Session) -> Problem:
    """Its kind and place, and what the system says: the message of an exception nobody foresaw may hold a secret."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    system = f" ({error.strerror})" if isinstance(error, OSError) and error.strerror else ""
    seen = session.log_level == "debug"
    return Problem(
        "unexpected-error",
        f"Something unexpected went wrong: {type(error).__name__}{place}{system}.",
        "Please report it with the traceback." if seen else "Run again with --log-level debug to see the traceback.",
    )
