"""The commands by name. Each is imported when it is called for, so that `--help` pays for none of them."""

import sys
from importlib import import_module
from keyword import iskeyword
from typing import Any

import click

from orchestrator.cli import later
from orchestrator.cli.session import Session, put

COMMANDS = {
    "validate": "Check plan files alone, offline.",
    "preview": "Show every step that an apply would make, in order. Changes nothing.",
    "apply": "Preview, ask, run and report.",
    "wait": "Block until live state satisfies the plans and is settled. Changes nothing.",
    "status": "Show where every resource stands, one line each.",
    "history": "List the newest runs, or show one of them in full. Changes nothing.",
    "unlock": "Release what a dead run holds, after showing whose it is.",
    "pause": "Let a run start no new step.",
    "continue": "Let a paused run go on.",
    "cancel": "Stop a run as if it had been interrupted.",
    "schema": "Print the JSON Schema of a plan file, for editors.",
    "sandbox": "Run a local endpoint that behaves like the real control planes.",
}
EPILOG = """\b
Every option of a command but --var and --var-file can be given as an environment
variable: ORCHESTRATOR_MAX_PARALLEL=4 for --max-parallel 4. A flag wins over it.
\b
Exit codes: 0 done or nothing to do; 1 a step failed; 2 changes pending (preview
--detailed-exitcode); 3 invalid plan; 4 refused; 5 locked by another run; 6 not all
done yet; 7 target not reachable; 64 usage; 130, 143 interrupted."""


class NoCommand(click.UsageError):
    """Nothing was asked for: the help has been shown, and there is nothing to say beyond it."""


class Menu(click.Group):
    """The group of all commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        name = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        command = getattr(import_module(f"orchestrator.cli.commands.{name}"), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name in later.COMMANDS:
            raise click.UsageError(later.comes_later(f"The command {name}"), ctx)
        if name not in COMMANDS and not name.startswith("-"):
            raise click.UsageError(f"There is no command {name}.{later.nearest(name, COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)


def _version(ctx: click.Context, param: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib import metadata  # reads e-mail headers, and loads all that can

        click.echo(f"orchestrator {metadata.version('orchestrator')}")
        ctx.exit()


@click.group(
    cls=Menu,
    epilog=EPILOG,
    no_args_is_help=False,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Print the version."
)
@click.pass_context
def menu(ctx: click.Context, /, **_: Any) -> None:
    """Serialized schema changes for DynamoDB tables, indexes and Lambda functions."""
    if ctx.invoked_subcommand is None:
        if ctx.ensure_object(Session).log_format != "json":
            put(sys.stderr, f"{ctx.get_help()}\n\n")
        raise NoCommand("A command is missing.", ctx)
