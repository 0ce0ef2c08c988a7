"""moto, as the services behind ours: items, streams, IAM, S3 and the rest."""

import json
import threading
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response

from orchestrator.sandbox.http.protocols import JSON_1_0
from orchestrator.sandbox.http.scope import Scope


class NotEmulated(Exception):
    """moto failed by a defect or a gap of its own."""


class Upstream:
    """moto's WSGI application, loaded at the first request that needs it (it costs some 400 ms).

    Its state is one for the whole process: a new Upstream starts by clearing it.
    """

    def __init__(self) -> None:
        self._app: Any = None
        self._loading = threading.Lock()

    @property
    def loaded(self) -> bool:
        return self._app is not None

    def forward(self, environ: dict[str, Any]) -> Response:
        """Send a WSGI request on. Raises NotEmulated."""
        with self._loading:
            if self._app is None:
                self._app = _application()
                self._send(_request("/moto-api/reset", {}, b""))
        return self._send(environ)

    def send(
        self, scope: Scope, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Response:
        """Make a request of our own. Raises NotEmulated."""
        named = {"Authorization": scope.authorization, "x-moto-account-id": scope.account, **(headers or {})}
        return self.forward(_request(path, named, body, method))

    def call(self, scope: Scope, target: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Make a JSON call of our own, `DynamoDB_20120810.CreateTable`. Raises NotEmulated for anything but success."""
        headers = {"X-Amz-Target": target, "Content-Type": JSON_1_0}
        response = self.send(scope, "POST", "/", headers, json.dumps(parameters).encode())
        if response.status_code != 200:
            raise NotEmulated(f"{target}: {response.get_data(as_text=True)[:500]}")
        reply: dict[str, Any] = json.loads(response.get_data())
        return reply

    def reset(self) -> None:
        """Clear moto's state, if there can be any."""
        if self.loaded:
            self._send(_request("/moto-api/reset", {}, b""))

    def _send(self, environ: dict[str, Any]) -> Response:
        try:
            return Response.from_app(self._app, environ, buffered=True)
        except Exception as error:
            # Where moto has a gap it raises whatever comes: KeyError, NotImplementedError, ….
            raise NotEmulated(f"{type(error).__name__}: {error}") from error
        finally:
            _forget_copies()


def _forget_copies() -> None:
    """moto keeps every model that it ever made, for a dashboard of its own: a whole table for each transaction."""
    from moto.core.model_instances import model_data

    for model in list(model_data["dynamodb"].values()):
        model.instances_tracked.clear()


def _application() -> Any:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    app = DomainDispatcherApplication(create_backend_app)
    # moto lists its own package folder on every request to find out what a host name means; that doubles its time.
    app.get_backend_for_host = lru_cache(maxsize=1024)(app.get_backend_for_host)
    return app


def _request(path: str, headers: Mapping[str, str], body: bytes, method: str = "POST") -> dict[str, Any]:
    builder = EnvironBuilder(
        path=path, method=method, headers=Headers(headers), data=body, base_url="http://localhost/"
    )
    try:
        return builder.get_environ()
    finally:
        builder.close()
