"""The WSGI application: one door for all services.

DynamoDB's control plane, Lambda   our rules answer, fully
DynamoDB's items                   our rules admit or refuse, moto answers, and our rules say what that consumed
DynamoDB's streams                 our rules list and describe them; shards and records are moto's
CloudTrail                         our rules look up who changed what; all else of it is moto's
Application Auto Scaling           our rules answer for tables; scheduled actions and other namespaces are moto's
STS GetCallerIdentity              answered here, so that a client that changes no item never waits for moto to load
everything else                    moto's, with an eye on what our rules must know of (watch.py)
/_sandbox/…                        control.py
"""

import io
import itertools
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from werkzeug.wrappers import Request, Response

from orchestrator.sandbox import faults as fault
from orchestrator.sandbox import models
from orchestrator.sandbox.faults import Faults, Injection
from orchestrator.sandbox.http import denials, protocols, routes, watch, wire
from orchestrator.sandbox.http.accounts import Accounts
from orchestrator.sandbox.http.control import Control
from orchestrator.sandbox.http.items import Items
from orchestrator.sandbox.http.lifetimes import Lifetimes
from orchestrator.sandbox.http.scope import Scope, scope_of
from orchestrator.sandbox.http.upstream import NotEmulated, Upstream
from orchestrator.sandbox.rules import scaling, trail
from orchestrator.sandbox.rules.dynamodb import streams
from orchestrator.sandbox.rules.lambda_ import policies
from orchestrator.sandbox.rules.refusal import Refusal
from orchestrator.sandbox.rules.trail import Caller

TRAIL = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101."
DYNAMODB, STREAMS, SCALING = "DynamoDB_20120810.", "DynamoDBStreams_20120810.", "AnyScaleFrontendService."

Environ = dict[str, Any]
Serve = Callable[[], Response]


class Front:
    """Serves requests of all accounts and regions. `now` is the server's clock; one lock keeps check and effect together."""

    def __init__(
        self,
        accounts: Accounts,
        upstream: Upstream,
        now: Callable[[], float],
        faults: Faults | None = None,
        region: str = "us-east-1",
        *,
        limited: bool = True,
    ) -> None:
        self._accounts = accounts
        self._upstream = upstream
        self._now = now
        self._faults = faults or Faults()
        self._region = region
        self._limited = limited
        self._items = Items(upstream, self._faults)
        self._lifetimes = Lifetimes()
        self._control = Control(accounts, now, region, self.reset, self._lifetimes)
        self._lock = threading.RLock()
        self._requests = itertools.count(1)

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """WSGI. Raises ConnectionResetError where an injected fault breaks the connection."""
        return self.respond(Request(environ))(environ, start_response)

    def respond(self, request: Request) -> Response:
        # Read and kept before any lock is taken: a slow upload holds up nobody else, and a form can be read twice.
        request.get_data()
        if request.path.startswith("/_sandbox"):
            with self._lock:
                return self._control.respond(request)
        if request.path == "/moto-api/reset":
            self.reset()
        scope = scope_of(request.headers, self._region)
        with self._lock:
            refused = self._lifetimes.refused(scope, self._now, self._request_id())
        if refused:
            return refused
        target = request.headers.get("X-Amz-Target") or ""
        if target.startswith(DYNAMODB):
            return self._dynamodb(request, scope, target.removeprefix(DYNAMODB))
        if target.startswith(STREAMS):
            return self._streams(request, scope, target.removeprefix(STREAMS))
        if target.startswith(SCALING) and _of_tables(request, target.removeprefix(SCALING)):
            return self._json_1_1(request, scope, scaling.SERVICE, target.removeprefix(SCALING))
        if target == f"{TRAIL}LookupEvents":
            return self._json_1_1(request, scope, trail.SERVICE, "LookupEvents")
        if scope.service == "lambda" or (not scope.service and request.path.startswith("/2015-03-31/functions")):
            return self._lambda(request, scope)
        if scope.service == "sts" and request.form.get("Action") == "GetCallerIdentity":
            return self._identity(scope)
        return self._forward(request, scope)

    def reset(self) -> None:
        """Forget everything, moto too."""
        with self._lock:
            self._accounts.reset()
            self._lifetimes.reset()
            self._items.reset()
            self._upstream.reset()

    # ------------------------------------------------------------------------------------------------------ our services

    def _dynamodb(self, request: Request, scope: Scope, name: str) -> Response:
        def serve() -> Response:
            if name not in models.service("dynamodb").operation_names:
                raise Refusal("UnknownOperationException", "")
            operation = models.service("dynamodb").operation_model(name)
            shape: Any = operation.input_shape
            parameters = wire.decode(shape, wire.parse(request.get_data()))
            if self._items.holds(name):
                account = self._accounts.of(scope.account, scope.region)
                return self._items.respond(request, scope, account, name, parameters, self._now())
            reply = self._handle(scope, "dynamodb", name, parameters)
            return protocols.json_reply(operation, reply, self._request_id())

        return self._served(f"dynamodb:{name}", scope, serve, protocols.json_error)

    def _streams(self, request: Request, scope: Scope, name: str) -> Response:
        """Our rules tell of streams, moto of their shards and records."""

        def serve() -> Response:
            account = self._accounts.of(scope.account, scope.region)
            if not account.handles(streams.SERVICE, name):
                return self._items.streams(request, scope, account, self._now())
            operation = models.service(streams.SERVICE).operation_model(name)
            shape: Any = operation.input_shape
            reply = self._handle(scope, streams.SERVICE, name, wire.decode(shape, wire.parse(request.get_data())))
            if name == "DescribeStream":
                reply["StreamDescription"] |= self._shards(request, scope)
            return protocols.json_reply(operation, reply, self._request_id())

        return self._served(f"{streams.SERVICE}:{name}", scope, serve, protocols.json_error)

    def _shards(self, request: Request, scope: Scope) -> dict[str, Any]:
        """A stream's shards in moto; of a stream whose table is gone there are none."""
        account = self._accounts.of(scope.account, scope.region)
        found = self._items.streams(request, scope, account, self._now())
        if found.status_code != 200:
            return {}
        told = wire.parse(found.get_data())["StreamDescription"]
        return {member: told[member] for member in ("Shards", "LastEvaluatedShardId") if member in told}

    def _lambda(self, request: Request, scope: Scope) -> Response:
        found = routes.find("lambda", request.method, _raw_path(request), request.query_string.decode())
        if found is None:
            return protocols.rest_error(
                Refusal("UnknownOperationException", "No such operation.", 404), self._request_id()
            )

        arrived = self._now() if found.operation.name in policies.CHANGES else None

        def serve() -> Response:
            parameters = routes.parameters(found, request.headers, request.get_data())
            reply = self._handle(scope, "lambda", found.operation.name, parameters, arrived)
            return protocols.rest_reply(found.operation, reply, self._request_id())

        return self._served(f"lambda:{found.operation.name}", scope, serve, protocols.rest_error)

    def _json_1_1(self, request: Request, scope: Scope, service: str, name: str) -> Response:
        operation = models.service(service).operation_model(name)

        def serve() -> Response:
            shape: Any = operation.input_shape
            parameters = wire.decode(shape, wire.parse(request.get_data()))
            reply = self._handle(scope, service, name, parameters)
            return protocols.json_1_1_reply(operation, reply, self._request_id())

        return self._served(f"{service}:{name}", scope, serve, protocols.json_1_1_error)

    def _identity(self, scope: Scope) -> Response:
        reply = self._handle(scope, "sts", "GetCallerIdentity", {})
        reply["Arn"] = Caller.user(scope.account, scope.user).arn
        return protocols.query_reply("GetCallerIdentity", reply, self._request_id())

    def _handle(
        self,
        scope: Scope,
        service: str,
        operation: str,
        parameters: Mapping[str, Any],
        arrived: float | None = None,
    ) -> dict[str, Any]:
        with self._lock:
            now = self._now()
            account = self._accounts.of(scope.account, scope.region)
            if self._limited:
                self._accounts.rates(scope.account, scope.region).check(service, operation, now)
            return account.handle(service, operation, parameters, now, arrived, scope.user)

    def _served(self, api: str, scope: Scope, serve: Serve, error: Callable[[Refusal, str], Response]) -> Response:
        """Serve one call of ours, with the fault that is due to it."""
        injection = self._draw(api)
        if injection is None:
            return self._guarded(serve, error)
        service = api.partition(":")[0]
        seen = fault.throttled(service) if injection is Injection.THROTTLE else fault.failed(service)
        if injection.takes_effect:
            self._guarded(serve, error)
        if not injection.answered:
            # The server closes the connection without a word.
            raise ConnectionResetError
        return error(seen, self._request_id())

    def _draw(self, api: str) -> Injection | None:
        with self._lock:
            return self._faults.draw(api)

    def _guarded(self, serve: Serve, error: Callable[[Refusal, str], Response]) -> Response:
        """Serve, with whatever is refused as the protocol's error."""
        try:
            with self._lock:
                return serve()
        except Refusal as refusal:
            return error(refusal, self._request_id())
        except wire.Malformed as malformed:
            return error(Refusal("SerializationException", str(malformed)), self._request_id())
        except NotEmulated as gap:
            return error(_gap(gap), self._request_id())

    def _request_id(self) -> str:
        return f"00000000-0000-4000-8000-{next(self._requests):012d}"

    # -------------------------------------------------------------------------------------------------------- moto's own

    def _forward(self, request: Request, scope: Scope) -> Response:
        if refused := denials.denied(self._accounts, scope, request, self._request_id()):
            return refused
        try:
            response = self._upstream.forward(_environ(request))
        except NotEmulated as gap:
            return protocols.json_error(_gap(gap), self._request_id())
        with self._lock:
            return watch.seen(self._accounts, scope, request, response, self._now())


def _gap(gap: NotEmulated) -> Refusal:
    return Refusal("InternalFailure", f"moto, which the sandbox leaves this call to, does not emulate it: {gap}", 500)


def _of_tables(request: Request, name: str) -> bool:
    """Whether a call to Application Auto Scaling is about the targets of tables: those of other services are moto's."""
    try:
        namespace = wire.parse(request.get_data()).get("ServiceNamespace", scaling.NAMESPACE)
    except wire.Malformed:
        return False
    return name in scaling.OPERATIONS and namespace == scaling.NAMESPACE


def _raw_path(request: Request) -> str:
    """The path as it was sent, still percent-encoded: an ARN in it may be."""
    raw: str = request.environ.get("REQUEST_URI") or request.environ.get("RAW_URI") or request.path
    return raw.partition("?")[0]


def _environ(request: Request) -> Environ:
    """The request with its body, which may have been read, to be read again."""
    body = request.get_data()
    environ = {**request.environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    return environ
