"""What stands between a process and the sandbox: counts the calls, and springs a trap at one of them.

The trap kills (by SIGKILL) whoever makes the call, at one of three moments:

    before    the call never arrives
    between   the service has answered, and the answer never arrives
    after     the answer was received, and nothing more is done
"""

import http.client
import json
import os
import re
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

from orchestrator.sandbox.http import routes
from tests.end_to_end.kills.meaning import Accepted

Moment = Literal["before", "between", "after"]
MOMENTS: tuple[Moment, ...] = ("before", "between", "after")
HOP = {"connection", "keep-alive", "transfer-encoding"}


@dataclass(frozen=True, slots=True)
class Point:
    """A call of a run: its operation, and the how manieth of that operation it is, from 1."""

    api: str
    number: int
    moment: Moment

    def __str__(self) -> str:
        return f"{self.moment} {self.api} {self.number}"


class Proxy:
    """Listens on the loopback interface from the start until `close`."""

    def __init__(self, port: int) -> None:
        self.accepted: list[Accepted] = []
        self.seen: Counter[str] = Counter()
        """How often each operation was asked for by the process that is watched now."""
        self.sprung = False
        self._target: Callable[[], int] = lambda: 0
        self._trap: Point | None = None
        self._busy = 0
        self._change = threading.Condition()
        self._server = _Server(("127.0.0.1", 0), _handler(self, port))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return self._server.server_port

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def watch(self, target: Callable[[], int], trap: Point | None) -> None:
        """The process of the id that `target` tells makes the next calls; kill it at `trap`."""
        self.seen.clear()
        self.sprung = False
        self._target, self._trap = target, trap

    def settle(self) -> None:
        """Return once whatever was on its way has arrived."""
        with self._change:
            assert self._change.wait_for(lambda: not self._busy, timeout=30)

    def arrives(self, api: str) -> Moment | None:
        """Note a call; when to spring the trap, where it is set for this one."""
        with self._change:
            self._busy += 1
            self.seen[api] += 1
            trap = self._trap
            return trap.moment if trap and (trap.api, trap.number) == (api, self.seen[api]) else None

    def done(self) -> None:
        with self._change:
            self._busy -= 1
            self._change.notify_all()

    def kill(self) -> None:
        with suppress(ProcessLookupError):  # it ended by itself at the very moment
            os.kill(self._target(), signal.SIGKILL)
            self.sprung = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who was killed says nothing any more."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _handler(proxy: Proxy, port: int) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *args: Any) -> None:
            """Nobody reads it."""

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            api = _api(self.headers, self.command, self.path, body)
            moment = proxy.arrives(api)
            try:
                self._pass(api, moment, body)
            except ConnectionError:
                self.close_connection = True  # killed meanwhile
            finally:
                proxy.done()

        def _pass(self, api: str, moment: Moment | None, body: bytes) -> None:
            if moment == "before":
                proxy.kill()
                self.close_connection = True
                return
            upstream = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            upstream.request(self.command, self.path, body, dict(self.headers.items()))
            answer = upstream.getresponse()
            reply = answer.read()
            upstream.close()
            if answer.status < 300:
                proxy.accepted.append(Accepted(api, _json(body), _json(reply)))
            if moment == "between":
                proxy.kill()
                self.close_connection = True
                return
            self._answer(answer, reply)
            if moment == "after":
                _received(self.client_address[1], proxy.port)
                proxy.kill()
                self.close_connection = True

        def _answer(self, answer: http.client.HTTPResponse, reply: bytes) -> None:
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in {*HOP, "content-length", "date", "server"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)
            self.wfile.flush()

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _serve  # noqa: N815 - the library's names

    return Handler


def _api(headers: Any, method: str, path: str, body: bytes) -> str:
    """`dynamodb:UpdateTable`, from whichever of AWS's protocols it is."""
    service = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", headers.get("Authorization", ""))
    named = service[1] if service else "?"
    if target := headers.get("X-Amz-Target"):
        return f"{named}:{target.rpartition('.')[2]}"
    if named == "lambda" and (found := routes.find("lambda", method, *_parted(path))):
        return f"lambda:{found.operation.name}"
    action = re.search(rb"Action=(\w+)", body)
    return f"{named}:{action[1].decode() if action else method}"


def _json(body: bytes) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(body) if body.startswith(b"{") else {}
    return found


def _parted(path: str) -> tuple[str, str]:
    before, _, query = path.partition("?")
    return before, query


def _received(client: int, port: int) -> None:
    """Return once the process has taken all that was sent to its port `client` (where Linux tells)."""
    sockets = Path("/proc/net/tcp")
    ends = f"0100007F:{client:04X} 0100007F:{port:04X} "
    for _ in range(10_000):
        line = next((line for line in sockets.read_text().splitlines() if ends in line), "") if sockets.exists() else ""
        if not line or line.split()[4].endswith(":00000000"):
            return
        os.sched_yield()
