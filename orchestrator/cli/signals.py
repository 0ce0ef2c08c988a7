"""SIGINT and SIGTERM: the first asks the command to stop cleanly, the second ends the process at once."""

import os
import signal
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, ClassVar

SHOW_CURSOR = b"\x1b[?25h\r\n"


class Interrupted(Exception):
    """A signal ended the command's work. Unlike KeyboardInterrupt, which click answers with an empty line among the log's."""


class Signals:
    """While entered, the process's handlers for both signals. `received` is the first signal's number.

    At first, while the command imports what it needs, the first signal is only noted: an import that is cut off leaves
    halves of modules behind, and with those nobody could say that it was interrupted. After `heed` it raises
    KeyboardInterrupt, as Ctrl-C always did; a listener is told instead, from within the handler, in the main thread.
    """

    HANDLED: ClassVar = (signal.SIGINT, signal.SIGTERM)

    def __init__(self) -> None:
        self.received: int | None = None
        self.listener: Callable[[int], None] | None = None
        self._before: dict[int, Any] = {}
        self._noted_only = False

    def __enter__(self) -> "Signals":
        self._noted_only = True
        self._before = {signum: signal.signal(signum, self._handle) for signum in self.HANDLED}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for signum, handler in self._before.items():
            signal.signal(signum, handler)

    def heed(self) -> None:
        """All is imported. Raises KeyboardInterrupt for a signal that came before."""
        self._noted_only = False
        if self.received is not None:
            raise KeyboardInterrupt

    def tell(self, listener: Callable[[int], None]) -> None:
        """All is imported, and from now on `listener` is told; also of a signal that came before."""
        self.listener = listener
        self._noted_only = False
        if self.received is not None:
            listener(self.received)

    def _handle(self, signum: int, frame: FrameType | None) -> None:
        if self.received is not None:
            _end_at_once(signum)
        self.received = signum
        if self.listener is not None:
            self.listener(signum)
        elif not self._noted_only:
            raise KeyboardInterrupt


def _end_at_once(signum: int) -> None:
    """Leave no hidden cursor behind, and go."""
    if os.isatty(2):
        os.write(2, SHOW_CURSOR)
    os._exit(128 + signum)
