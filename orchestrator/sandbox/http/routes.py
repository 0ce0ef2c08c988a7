"""Which operation a REST-JSON request asks for, by the `requestUri` of botocore's service model: nothing is listed by hand."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote

from botocore.model import OperationModel
from werkzeug.datastructures import Headers

from orchestrator.sandbox import models
from orchestrator.sandbox.http import wire


@dataclass(frozen=True, slots=True)
class Route:
    """One operation's place: method, path pattern, and the query constants that tell it from a twin (`?List=ALL`)."""

    operation: OperationModel
    method: str
    pattern: re.Pattern[str]
    constants: Mapping[str, str]

    def match(self, method: str, path: str, query: Mapping[str, Sequence[str]]) -> dict[str, str] | None:
        """The path's labels, unquoted; None where this is another operation's path."""
        if method != self.method or not (found := self.pattern.fullmatch(path)):
            return None
        if any(list(query.get(key, ())) != [value] for key, value in self.constants.items()):
            return None
        return {label: unquote(value) for label, value in found.groupdict().items()}


@dataclass(frozen=True, slots=True)
class Match:
    """The operation that a request is for, with the parameters that its path, query and headers carry."""

    operation: OperationModel
    labels: Mapping[str, str]
    query: Mapping[str, Sequence[str]]


@cache
def routes(service: str) -> tuple[Route, ...]:
    """All routes of a service, those with query constants first."""
    model = models.service(service)
    found = [_route(model.operation_model(name)) for name in model.operation_names]
    return tuple(sorted(found, key=lambda route: -len(route.constants)))


def find(service: str, method: str, raw_path: str, raw_query: str) -> Match | None:
    """The operation of a request line; `raw_path` is still percent-encoded. None where the service has none such."""
    query = parse_qs(raw_query, keep_blank_values=True)
    path = raw_path.rstrip("/") or "/"
    for route in routes(service):
        labels = route.match(method, path, query)
        if labels is not None:
            return Match(route.operation, labels, query)
    return None


def parameters(match: Match, headers: Headers, body: bytes) -> dict[str, Any]:
    """The operation's parameters, gathered from path, query, headers and body. Raises wire.Malformed."""
    shape: Any = match.operation.input_shape
    if shape is None:
        return {}
    payload = shape.serialization.get("payload")
    found: dict[str, Any] = {payload: body} if payload else wire.decode(shape, _body_members(shape, body))
    for name, member in shape.members.items():
        value = _elsewhere(member, wire.wire_name(name, member), match, headers)
        if value is not None:
            found[name] = value
    return found


def _body_members(shape: Any, body: bytes) -> dict[str, Any]:
    in_body = {
        wire.wire_name(name, member) for name, member in shape.members.items() if "location" not in member.serialization
    }
    return {name: value for name, value in wire.parse(body).items() if name in in_body}


def _elsewhere(member: Any, name: str, match: Match, headers: Headers) -> Any:
    match member.serialization.get("location"):
        case "uri":
            return match.labels.get(name)
        case "querystring":
            values = match.query.get(name)
            return None if values is None else _from_text(member, values)
        case "header":
            value = headers.get(name)
            return None if value is None else _from_text(member, [value])
    return None


def _from_text(shape: Any, values: Sequence[str]) -> Any:
    match shape.type_name:
        case "list":
            return list(values)
        case "integer" | "long":
            if not re.fullmatch(r"-?[0-9]+", values[0]):
                raise wire.Malformed(f"Unexpected value '{values[0]}': expected integer")
            return int(values[0])
        case "boolean":
            return values[0].lower() == "true"
    return values[0]


def _route(operation: OperationModel) -> Route:
    http: Mapping[str, Any] = operation.http
    path, _, constants = http["requestUri"].partition("?")
    pattern = "".join(
        rf"(?P<{label}>[^/]+)" if label else re.escape(text)
        for text, label in re.findall(r"([^{]+)|\{([^}+]+)\+?\}", path.rstrip("/"))
    )
    return Route(operation, http["method"], re.compile(pattern), dict(_pairs(constants)))


def _pairs(query: str) -> list[tuple[str, str]]:
    return [(key, values[0]) for key, values in parse_qs(query).items()]
