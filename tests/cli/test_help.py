"""`--help` answers at once: it imports nothing that a command needs only when it runs."""

import json
import resource
import subprocess
import sys

import pytest

from orchestrator.cli.menu import COMMANDS
from tests.cli.conftest import Command

HEAVY = ("aioboto3", "aiobotocore", "anyio", "boto3", "botocore", "moto", "pydantic", "rich", "structlog", "yaml")
PROBE = """
import json, sys
from orchestrator.cli.main import run
code = run(sys.argv[1:])
print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)
"""
CPU_SECONDS = 0.3


@pytest.mark.parametrize("arguments", [(), *((name,) for name in COMMANDS)])
def test_help_imports_nothing_heavy_and_is_quick(arguments: tuple[str, ...]) -> None:
    """CPU time, for that is what the program is answerable for on a busy machine."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ended = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments, "--help"], capture_output=True, text=True, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    code, modules = json.loads(ended.stderr)
    assert code == 0
    assert ended.stdout.startswith("Usage: orchestrator")
    assert [name for name in HEAVY if name in modules] == []
    assert (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime) < CPU_SECONDS


def test_the_list_of_commands_says_what_each_does(command: Command) -> None:
    out = " ".join(command("--help").out.split())
    for name, words in COMMANDS.items():
        assert f"{name} {words}" in out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_changes_and_takes(command: Command, name: str) -> None:
    ended = command(name, "-h")
    assert ended.code == 0
    assert "--help" in ended.out
