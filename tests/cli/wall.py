"""Something between a client and a server that can fall silent: it goes on accepting, and never answers again."""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

CHUNK = 65_536


class Wall:
    """Passes on what comes to `endpoint`, its own address, to the server at `to`, until `hides` is set.

    From then on a connection on which the client says anything that holds these bytes gets no answer any more.
    """

    def __init__(self, to: str) -> None:
        url = urlsplit(to)
        self._to = str(url.hostname), int(url.port or 80)
        self.hides: bytes | None = None
        """Empty bytes are in whatever is said."""
        self.hidden = threading.Event()
        """Set once something was said that gets no answer."""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = [self._listening]

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(self._to)
                self._open += [client, server]
                threading.Thread(target=self._pass, args=(client, server, True), daemon=True).start()
                threading.Thread(target=self._pass, args=(server, client, False), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket, said: bool) -> None:
        with suppress(OSError):
            while chunk := one.recv(CHUNK):
                if said and self.hides is not None and self.hides in chunk:
                    self.hidden.set()
                    return  # neither passed on nor closed
                other.sendall(chunk)
            other.shutdown(socket.SHUT_WR)
