"""A process that has imported everything and forks for each command: real processes to kill, without a second of start-up each.

Orders come on stdin as JSON lines, {arguments, ahead, out}; for each go to stdout the child's id and, once it has ended, its
exit code (negative: the signal that killed it). There is one thread and no event loop: what a fork may be made of.
"""

import gc
import json
import os
import sys
import threading
from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

from orchestrator.adapters import aws, stores
from orchestrator.cli import main as command_line
from orchestrator.cli import running
from orchestrator.pipeline import opening
from tests.end_to_end.kills.quick import QuickClock

LOADED = (aws, stores, running)


def main() -> None:
    import aioboto3

    assert aioboto3
    assert LOADED
    assert threading.active_count() == 1
    gc.freeze()
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _obey(order)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _obey(order: Mapping[str, Any]) -> None:
    """Be the command until its end, with streams of its own."""
    code = 70
    try:
        for number, name, flags in ((0, os.devnull, os.O_RDONLY), (1, order["out"], OUT), (2, order["out"], OUT)):
            os.dup2(os.open(name, flags, 0o600), number)
        with patch.object(opening, "SystemClock", lambda: QuickClock(order["ahead"])):
            code = command_line.run(order["arguments"])
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


OUT = os.O_WRONLY | os.O_CREAT | os.O_APPEND

if __name__ == "__main__":
    main()
