"""The command line in this process: a pipeline that answers as told, and streams that can be read."""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog

from orchestrator.cli.main import run
from tests.cli.pipeline import FakePipeline


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Command = Callable[..., Ended]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No option comes from the machine's environment, and logging is put back as it was."""
    for name in list(os.environ):
        if name.startswith("ORCHESTRATOR_") or name in ("NO_COLOR", "TERM"):
            monkeypatch.delenv(name)
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command line and read what it wrote."""

    def ended(*arguments: str | Path) -> Ended:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Ended(code, out, err)

    return ended


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> FakePipeline:
    """Takes the pipeline's place; what it was asked and what it answers is the test's."""
    fake = FakePipeline()
    fake.stand_in(monkeypatch)
    return fake


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Make the streams of that name claim to be terminals."""

    def claim(*names: str) -> None:
        for name in names:
            stream: Any = getattr(sys, name)
            monkeypatch.setattr(stream, "isatty", lambda: True)

    return claim
