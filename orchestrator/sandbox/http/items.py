"""DynamoDB's data plane: our rules say whether the state of table and index lets a call through, moto keeps the items."""

import io
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Request, Response

from orchestrator.sandbox.faults import BATCH, Faults
from orchestrator.sandbox.http import wire
from orchestrator.sandbox.http.consumption import Meter
from orchestrator.sandbox.http.mirror import API, Mirror, shape_of
from orchestrator.sandbox.http.protocols import JSON_1_0
from orchestrator.sandbox.http.scope import Scope
from orchestrator.sandbox.http.upstream import Upstream
from orchestrator.sandbox.rules import constraints
from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.dynamodb import DATA_PLANE, refusals
from orchestrator.sandbox.rules.dynamodb.state import Table
from orchestrator.sandbox.rules.refusal import Refusal

PARTIQL = frozenset({"ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"})
"""These name their tables in a statement, so that all tables are mirrored first."""


@dataclass(frozen=True, slots=True)
class _Call:
    """One that was admitted, and the tables that it names."""

    request: Request
    scope: Scope
    operation: str
    tables: Mapping[str, Table]


class Items:
    """Mirrors tables into moto as their items are asked for. Not safe for threads by itself."""

    def __init__(self, upstream: Upstream, faults: Faults) -> None:
        self._upstream = upstream
        self._faults = faults
        self._mirrors: dict[tuple[str, str], Mirror] = {}

    def holds(self, operation: str) -> bool:
        """Whether `operation` is one about items."""
        return operation in DATA_PLANE or operation in PARTIQL

    def reset(self) -> None:
        """Forget what moto has; clearing moto is somebody else's part."""
        self._mirrors.clear()

    def respond(
        self,
        request: Request,
        scope: Scope,
        account: Account,
        operation: str,
        parameters: Mapping[str, Any],
        now: float,
    ) -> Response:
        """Serve one call. Raises Refusal and NotEmulated."""
        account.advance(now)
        mirror = self._mirror(scope)
        if operation in PARTIQL:
            _sync(mirror, account, {*mirror.names, *(table.name for table in account.dynamodb.tables(now))}, now)
            return self._forward(request, scope, request.get_data())
        self._admit(account, operation, parameters, now)
        names = set(named(parameters))
        _sync(mirror, account, names, now)
        found = {name: table for name in names if (table := account.dynamodb.table(name, now))}
        call = _Call(request, scope, operation, found)
        if operation == "TransactWriteItems":
            return self._once(call, account, parameters, now)
        if operation == "BatchWriteItem":
            return self._partly(call)
        return self._metered(call, request.get_data())

    def _once(self, call: _Call, account: Account, parameters: Mapping[str, Any], now: float) -> Response:
        """A transaction, of whose token moto knows nothing."""
        if wrong := constraints.complaint("dynamodb", "TransactWriteItems", parameters):
            raise refusals.invalid(wrong)
        tokens = account.dynamodb.tokens
        before = tokens.begin(parameters, now)
        if before is not None:
            return _document(before)
        response = self._metered(call, call.request.get_data())
        if response.status_code == 200:
            tokens.complete(parameters, wire.parse(response.get_data()), now)
        else:
            tokens.give_up(parameters)
        return response

    def _partly(self, call: _Call) -> Response:
        """A batch, without what the faults hold back of it."""
        refused: list[Response] = []

        def serve(given: Mapping[str, Any]) -> dict[str, Any]:
            response = self._metered(call, json.dumps(given).encode())
            if response.status_code != 200:
                refused.append(response)
                return {}
            return wire.parse(response.get_data())

        reply = self._faults.partly(BATCH, wire.parse(call.request.get_data()), serve)
        return refused[0] if refused else _document(reply)

    def streams(self, request: Request, scope: Scope, account: Account, now: float) -> Response:
        """Serve one call of DynamoDB Streams about records. Raises NotEmulated."""
        account.advance(now)
        mirror = self._mirror(scope)
        _sync(mirror, account, {*mirror.names, *(table.name for table in account.dynamodb.tables(now))}, now)
        response = self._forward(request, scope, mirror.to_moto(request.get_data()))
        return _saying(response, mirror.from_moto(response.get_data()))

    @staticmethod
    def _admit(account: Account, operation: str, parameters: Mapping[str, Any], now: float) -> None:
        api, resource = f"dynamodb:{operation}", account.dynamodb.resource(operation, parameters)
        try:
            account.must_be_allowed("dynamodb", operation)
            account.dynamodb.admit(operation, parameters, now)
        except Refusal as refusal:
            account.timeline.record(now, api, resource, refusal.code, in_transition=refusal.in_transition)
            raise
        account.timeline.record(now, api, resource)

    def _mirror(self, scope: Scope) -> Mirror:
        key = (scope.account, scope.region)
        if key not in self._mirrors:
            self._mirrors[key] = Mirror(self._upstream, Scope("dynamodb", scope.region, scope.account))
        return self._mirrors[key]

    def _metered(self, call: _Call, body: bytes) -> Response:
        """Served by moto; what it consumed is told by our rules."""

        def ask(operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
            return self._upstream.call(self._mirror(call.scope).scope, f"{API}.{operation}", parameters)

        meter = Meter(ask, call.tables, call.operation, wire.parse(body))
        response = self._forward(call.request, call.scope, body)
        if response.status_code != 200:
            return response
        return _saying(response, json.dumps(meter.told(wire.parse(response.get_data()))).encode())

    def _forward(self, request: Request, scope: Scope, body: bytes) -> Response:
        environ = {
            **request.environ,
            "wsgi.input": io.BytesIO(body),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_X_MOTO_ACCOUNT_ID": scope.account,
            # moto goes by the signature's scope, and would not find DynamoDB without one.
            "HTTP_AUTHORIZATION": request.headers.get("Authorization")
            or Scope("dynamodb", scope.region, scope.account).authorization,
        }
        response = self._upstream.forward(environ)
        return _flawless(response)


def _sync(mirror: Mirror, account: Account, names: Iterable[str], now: float) -> None:
    """Bring these tables in moto to what they are."""
    for name in sorted(names):
        table = account.dynamodb.table(name, now)
        mirror.sync(name, None if table is None or table.status == "CREATING" else shape_of(table))


def named(parameters: Mapping[str, Any]) -> Iterable[str]:
    """The tables that a call names, by name or ARN, wherever it does."""
    given = [parameters.get("TableName"), *(parameters.get("RequestItems") or {})]
    for item in parameters.get("TransactItems") or ():
        given += [action.get("TableName") for action in item.values()]
    for name in given:
        if name:
            yield str(name).rpartition("/")[2]


def _saying(response: Response, body: bytes) -> Response:
    """The same with another body."""
    response.set_data(body)
    response.headers["x-amz-crc32"] = str(zlib.crc32(body))
    return response


def _document(reply: Mapping[str, Any]) -> Response:
    """A reply of JSON 1.0 that is on the wire's form already."""
    body = json.dumps(reply).encode()
    return Response(body, 200, {"x-amz-crc32": str(zlib.crc32(body))}, content_type=JSON_1_0)


def _flawless(response: Response) -> Response:
    """moto answers some of its own mistakes with an HTML page: to a client that is a broken reply, tried again and again."""
    if response.mimetype == "text/html":
        message = "moto, which keeps the items of the sandbox, failed at this call."
        body = json.dumps({"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError", "message": message})
        return Response(body, 500, content_type=JSON_1_0)
    return response
