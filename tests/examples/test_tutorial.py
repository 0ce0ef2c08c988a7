"""The tutorial, block by block, in a folder and against a sandbox of its own.

The sandbox is started as the page says, in a process; by its variables it takes a free port, and no time but for building an
index and a replica. `timeout` counts no seconds here: it sends its signal once the sandbox has been asked for the index.
"""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from orchestrator.sandbox.rules.durations import Durations
from tests.cli.conftest import Command, Ended
from tests.end_to_end.matrix import EVERY_START
from tests.examples import told
from tests.examples.recipes import ROOT

pytestmark = pytest.mark.http

TUTORIAL = ROOT / "docs" / "tutorial-expand-contract.md"
INDEX_SECONDS = 2.0
KILLED = 137
NO_TIME = {**asdict(Durations.instant()), "index_backfill": INDEX_SECONDS, "replica_create": 600.0}
CUT = f"""\
#!{sys.executable}
import subprocess, sys, time, urllib.request, os, json
_, preserve, option, signal, seconds, *command = sys.argv
assert (preserve, option, float(seconds) > 0) == ("--preserve-status", "--signal", True)
process = subprocess.Popen(command)
while process.poll() is None:
    with urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + "/_sandbox/timeline") as reply:
        if any(call["api"] == "dynamodb:UpdateTable" for call in json.load(reply)["served"]):
            subprocess.run(["kill", "-" + signal, str(process.pid)], check=True)
            break
    time.sleep(0.02)
code = process.wait()
sys.exit(code if code >= 0 else 128 - code)
"""


class Reader:
    """Who does what the page says: writes its files and types its commands."""

    def __init__(self, folder: Path, signal: str, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._signal = signal
        self._command = command
        self._environment = monkeypatch
        self._beside: list[subprocess.Popen[str]] = []
        self._printed: dict[str, str] = {}
        self._ends_with = 0
        programs = folder / ".bin"
        programs.mkdir()
        python = f'#!/bin/sh\nexec "{sys.executable}"'
        scripts = {"orchestrator": f'{python} -m orchestrator "$@"\n', "python": f'{python} "$@"\n', "timeout": CUT}
        for name, script in scripts.items():
            (programs / name).write_text(script)
            (programs / name).chmod(0o755)
        monkeypatch.chdir(folder)
        monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
        monkeypatch.setenv("PYTHONPATH", str(ROOT))

    def does(self, step: told.File | told.Line) -> None:
        match step:
            case told.File(name, text):
                (self._folder / name).parent.mkdir(exist_ok=True)
                (self._folder / name).write_text(text)
            case told.Line(words) if words.startswith("orchestrator sandbox"):
                self._starts(words)
            case told.Line(words) if words.startswith("export "):
                self._exports(words)
            case told.Line(words) if words.endswith("&"):
                self._beside.append(_process(words.removesuffix("&")))
                self._ends_with = step.code
                self._until_it_runs()
            case told.Line("kill $!"):
                process = self._beside.pop()
                process.terminate()
                out, err = process.communicate(timeout=60)
                assert process.returncode == self._ends_with, out + err
            case _:
                self._types(step)

    def ends(self) -> None:
        for process in self._beside:
            process.terminate()
            process.communicate(timeout=60)

    def _types(self, line: told.Line) -> None:
        words, code = line.words, line.code
        if self._signal == "KILL" and "--signal INT" in words:
            words, code = words.replace("--signal INT", "--signal KILL"), KILLED
        if "RUN" in words:
            words = words.replace("RUN", self._newest()["run"])
        ended = self._command(*shlex.split(words)[1:]) if words.startswith("orchestrator ") else _ended(words)
        assert ended.code == code, f"{words} ended with {ended.code}\n{ended.out}{ended.err}"
        output = () if code == KILLED else line.output
        if self._signal == "KILL":
            output = tuple(text.replace("interrupted (exit 130) in 5 s", "lost: …") for text in output)
        lacking = told.missing(output, ended.out) if output else None
        assert lacking is None, f"{words} did not write {lacking!r}, but\n{ended.out}"

    def _starts(self, words: str) -> None:
        """The sandbox, as somebody's first terminal has it."""
        durations = " ".join(f"{name}={seconds}" for name, seconds in NO_TIME.items())
        process = _process(words, ORCHESTRATOR_PORT="0", ORCHESTRATOR_DURATION=durations)
        self._beside.append(process)
        assert process.stdout is not None
        self._printed = dict(process.stdout.readline().removeprefix("export ").strip().split("=", 1) for _ in range(5))

    def _exports(self, words: str) -> None:
        """What the page exports is what the sandbox has printed, but for the port."""
        name, value = words.removeprefix("export ").split("=", 1)
        printed = self._printed.pop(name)
        assert value == (printed if name != "AWS_ENDPOINT_URL" else f"{printed.rpartition(':')[0]}:4566")
        self._environment.setenv(name, printed)

    def _until_it_runs(self) -> None:
        while self._newest()["state"] != "running":
            assert self._beside[-1].poll() is None, self._beside[-1].communicate()

    def _newest(self) -> Mapping[str, str]:
        newest: Mapping[str, str] = json.loads(self._command("history", "--format", "json").out)["runs"][0]
        return newest


def _process(words: str, **variables: str) -> "subprocess.Popen[str]":
    shell = ["/bin/sh", "-c", f"exec {words}"]
    environment = {**os.environ, **variables}
    return subprocess.Popen(shell, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _ended(words: str) -> Ended:
    process = _process(words)
    out, err = process.communicate(timeout=120)
    return Ended(process.returncode, out, err)


@contextmanager
def reader(*given: Any) -> Iterator[Reader]:
    reads = Reader(*given)
    try:
        yield reads
    finally:
        reads.ends()


SIGNALS = ["INT", *(["KILL"] if os.environ.get(EVERY_START) else [])]
"""After KILL the next run waits for the lock of the dead one: half a minute."""


@pytest.mark.parametrize("signal", SIGNALS)
def test_what_the_tutorial_says_is_so(
    tmp_path: Path, signal: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    with reader(tmp_path, signal, command, monkeypatch) as reads:
        for step in told.steps(TUTORIAL):
            reads.does(step)
