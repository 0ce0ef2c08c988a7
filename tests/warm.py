"""The command line in real processes that need no second to start: forked from one that has imported everything.

They have a process id to be signalled and killed by, streams of their own, and an exit code.
"""

import json
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

PRELOADED = ["orchestrator.cli.main", "orchestrator.pipeline", "orchestrator.adapters.aws", "aioboto3", "rich.live"]
ENVIRON = {
    **{name: value for name, value in os.environ.items() if not name.startswith(("ORCHESTRATOR_", "AWS_"))},
    "AWS_ACCESS_KEY_ID": "sandbox",
    "AWS_SECRET_ACCESS_KEY": "sandbox",
    "AWS_REGION": "eu-west-1",
}


POLLED = threading.Lock()
"""Who starts a process asks after all others: two threads must not do so at once, for the answer comes only once."""


class Warm:
    """`orchestrator ARGUMENT…` as a process: what it writes is in files of `folder`, its JSON log comes line by line."""

    def __init__(self, folder: Path, name: str, arguments: Sequence[str | Path]) -> None:
        self.out, self.report = folder / f"{name}.out", folder / f"{name}.report.json"
        err, self._used = folder / f"{name}.err", folder / f"{name}.used"
        os.mkfifo(err)
        told = [*map(str, arguments), "--log-format", "json", "--report", str(self.report)]
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(PRELOADED)
        self.process: ForkServerProcess = context.Process(target=_run, args=(told, ENVIRON, self.out, err, self._used))
        with POLLED:
            self.process.start()
        self._log = err.open(encoding="utf-8")
        self.lines: Iterator[Mapping[str, Any]] = map(json.loads, self._log)

    def until(self, event: str) -> Mapping[str, Any]:
        """The log line of that event. Raises AssertionError where the process ends before it."""
        seen = []
        for line in self.lines:
            seen.append(line)
            if line["event"] == event:
                return line
        raise AssertionError(f"ended without {event}: {seen}")

    def kill(self, signum: int) -> None:
        assert self.process.pid is not None
        with suppress(ProcessLookupError):
            os.kill(self.process.pid, signum)

    @property
    def processor(self) -> float:
        """Seconds that it used, of the processor; none are told where it was killed."""
        return float(self._used.read_text()) if self._used.exists() else 0.0

    def end(self, seconds: float = 60.0) -> int:
        """Its exit code, once it has ended; what runs longer is killed."""
        with self._log:
            list(self.lines)
        if not wait([self.process.sentinel], seconds):
            self.kill(signal.SIGKILL)
            wait([self.process.sentinel])
        with POLLED:
            assert self.process.exitcode is not None
            return self.process.exitcode


def _run(arguments: Sequence[str], environ: Mapping[str, str], out: Path, err: Path, used: Path) -> None:
    os.environ.clear()
    os.environ.update(environ)
    for path, stream in ((out, sys.stdout), (err, sys.stderr)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), stream.fileno())
    from orchestrator.cli.main import run

    code = run(arguments)
    used.write_text(str(os.times().user + os.times().system))
    sys.exit(code)
