"""The test's end of `warm.py`: starts commands as processes of their own."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent.parent


class Starter:
    """Starts one command after the other, from the start until `close`."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._warm = subprocess.Popen(
            [sys.executable, "-m", "tests.end_to_end.kills.warm"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._started = threading.Event()
        self._child = 0

    def close(self) -> None:
        self._warm.communicate()

    def child(self) -> int:
        """The id of the process that runs; for another thread, which may ask as soon as that has been ordered."""
        assert self._started.wait(30)
        return self._child

    def run(self, arguments: Sequence[str], ahead: float, out: Path) -> int:
        """Run a command to its end; its exit code, or minus the signal that killed it."""
        self._started.clear()
        self._say({"arguments": list(arguments), "ahead": ahead, "out": str(out)})
        self._child = self._heard()
        self._started.set()
        return self._heard()

    def _say(self, order: Mapping[str, Any]) -> None:
        assert self._warm.stdin
        self._warm.stdin.write(json.dumps(order) + "\n")
        self._warm.stdin.flush()

    def _heard(self) -> int:
        assert self._warm.stdout
        return int(self._warm.stdout.readline())
