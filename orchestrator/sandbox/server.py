"""The sandbox over real HTTP, on the loopback interface: any AWS client can be pointed at it.

with SandboxServer(durations=Durations.fast()) as server:
    boto3.client("dynamodb", endpoint_url=server.endpoint, …)
"""

import importlib.util
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from orchestrator.errors import OrchestratorError, Problem
from orchestrator.sandbox.clock import ServerClock
from orchestrator.sandbox.faults import Faults
from orchestrator.sandbox.rules.durations import Durations, Staleness

if TYPE_CHECKING:
    from werkzeug.serving import BaseWSGIServer

HOST = "127.0.0.1"
NEEDED = ("moto", "flask", "flask_cors", "werkzeug")
POLL = 0.02
"""Seconds until a stop is noticed (werkzeug's own half second is felt in every test)."""


class SandboxServer:
    """A local endpoint that behaves like the control planes of DynamoDB and Lambda; moto serves items, IAM, S3 and the rest.

    `port` 0 takes a free one. `region` is for requests that carry no signature, and the one that `environment` names.
    Reads see every write at once unless a `staleness` is given: waiters of the SDKs and Terraform, trusting the first read,
    fail where it lags. `limited` holds clients to the accounts' limits on calls a second. `now` gives the time that all
    durations go by (seconds since the epoch, never going back), the real one unless given. moto's state is one for the
    whole process, so that only one server at a time can have items. `start` raises OrchestratorError where the `sandbox`
    extra is missing or the port is taken.
    """

    def __init__(
        self,
        *,
        host: str = HOST,
        port: int = 0,
        region: str = "us-east-1",
        durations: Durations | None = None,
        staleness: Staleness | None = None,
        faults: Faults | None = None,
        seed: int = 0,
        limited: bool = True,
        now: Callable[[], float] | None = None,
    ) -> None:
        self._address = (host, port)
        self._region = region
        self._durations = durations or Durations()
        self._staleness = staleness or Staleness.off()
        self._faults = faults
        self._seed = seed
        self._limited = limited
        self._now = now or ServerClock().now
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def endpoint(self) -> str:
        """`http://127.0.0.1:PORT`, once started."""
        if self._server is None:
            raise RuntimeError("the sandbox has not been started")
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def environment(self) -> dict[str, str]:
        """What to export so that AWS clients come here, and find credentials (any will do)."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "sandbox",
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_REGION": self._region,
            "AWS_DEFAULT_REGION": self._region,
        }

    def start(self) -> Self:
        """Listen; returns when requests are served."""
        if self._server is not None:
            return self
        _require_extra()
        front = self._front()
        self._server = _serving(_listen(*self._address), front)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(POLL,), name="orchestrator-sandbox", daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop listening and forget everything."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _front(self) -> Any:
        # werkzeug belongs to the extra.
        from orchestrator.sandbox.http.accounts import Accounts
        from orchestrator.sandbox.http.front import Front
        from orchestrator.sandbox.http.sources import Upstreamed
        from orchestrator.sandbox.http.upstream import Upstream

        upstream = Upstream()
        accounts = Accounts(self._durations, self._staleness, self._seed, Upstreamed(upstream).of)
        return Front(accounts, upstream, self._now, self._faults, self._region, limited=self._limited)


def _require_extra() -> None:
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise OrchestratorError(
            Problem(
                "sandbox-not-installed",
                f"The sandbox needs packages that are not installed: {', '.join(missing)}.",
                "Install them from a checkout of this project: pip install '.[sandbox]'",
            )
        )


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port))
    except OSError as error:
        raise OrchestratorError(
            Problem(
                "sandbox-port",
                f"The sandbox cannot listen on {host}:{port}: {error.strerror or error}.",
                "Stop what uses the port, or choose another one (0 takes any that is free).",
            )
        ) from error


def _serving(listening: socket.socket, application: Any) -> "BaseWSGIServer":
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        """One line per request is not what somebody wants who reads the plan's progress on the same terminal."""

        def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's own name
            pass

        def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
            # werkzeug goes on waiting for the next request; a client whose reply was lost on purpose has to see the end.
            self.close_connection = True

    host, port = listening.getsockname()[:2]
    with listening:
        return make_server(host, port, application, threaded=True, request_handler=Quiet, fd=listening.fileno())
