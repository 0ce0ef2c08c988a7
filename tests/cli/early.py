"""The command line in a process that sends itself a signal while it imports: `python -m tests.cli.early MODULE SIGNAL ARGUMENT…`.

Between the finding of MODULE and its first line the signal is there, so that the handler runs within that import.
"""

import signal
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

from orchestrator.__main__ import main


class Early(MetaPathFinder):
    """Finds nothing; who looks for `module` gets `signum` instead."""

    def __init__(self, module: str, signum: int) -> None:
        self._module = module
        self._signum = signum

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None, /
    ) -> ModuleSpec | None:
        if fullname == self._module:
            self._module = ""
            signal.raise_signal(self._signum)
        return None


if __name__ == "__main__":
    sys.meta_path.insert(0, Early(sys.argv[1], int(sys.argv[2])))
    del sys.argv[1:3]
    main()
