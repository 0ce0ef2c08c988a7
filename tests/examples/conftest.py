"""One small plan in a folder of its own, and a sandbox beside it that has made nothing yet."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.sandbox.rules.durations import Durations
from orchestrator.sandbox.server import SandboxServer
from tests.cli.conftest import clean_environment, command  # noqa: F401 - fixtures of these tests too
from tests.sandbox.served import REGION, Served

PLAN = """\
plan: shop
variables:
  stage: {default: dev, allowed: [dev, prod]}
tables:
  orders:
    name: orders-${var.stage}
    partition_key: {id: S}
    billing: on_demand
    deletion_protection: true
    indexes:
      by_day: {partition_key: {day: S}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of an image: plans in it, and `orchestrator` to be found on PATH."""
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "shop.yaml").write_text(PLAN)
    (tmp_path / "bin").mkdir()
    installed(tmp_path, f'exec "{sys.executable}" -m orchestrator "$@"')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def installed(folder: Path, script: str) -> None:
    """Let `orchestrator` be this shell script."""
    program = folder / "bin" / "orchestrator"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """Where every command goes by its environment, as it would go to AWS."""
    with SandboxServer(region=REGION, durations=Durations.instant()) as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        yield Served(server)
