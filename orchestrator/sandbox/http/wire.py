"""JSON bodies, read and written by the shapes of botocore's own service models.

Inside, values are as botocore gives them to a caller: blobs as bytes, timestamps as aware datetimes. On the wire a blob
is base64 and a timestamp is seconds since the epoch (JSON and REST-JSON protocols).
"""

import base64
import datetime
import json
from collections.abc import Callable, Mapping
from typing import Any

from botocore.model import Shape


class Malformed(ValueError):
    """A body that is not of the operation's shape; the message says what and where."""


def parse(body: bytes) -> dict[str, Any]:
    """The JSON object in a request's body; an empty body is an empty object. Raises Malformed."""
    if not body.strip():
        return {}
    try:
        value = json.loads(body)
    except ValueError as error:
        raise Malformed(f"Could not parse request body into json: {error}") from error
    if not isinstance(value, dict):
        raise Malformed("Could not parse request body into json: an object was expected")
    return value


def decode(shape: Shape, value: Any, path: str = "") -> Any:
    """What a client sent, as Python. Members that the model does not know are dropped, nulls too. Raises Malformed."""
    decoder = _DECODERS.get(shape.type_name)
    try:
        return decoder(shape, value, path) if decoder else value
    except (TypeError, ValueError, AttributeError) as error:
        if isinstance(error, Malformed):
            raise
        raise Malformed(f"Unexpected value at {path or 'the top'}: expected {shape.type_name}") from error


def encode(shape: Shape, value: Any) -> Any:
    """A reply as it goes on the wire. Members that the model does not know are dropped, None too."""
    encoder = _ENCODERS.get(shape.type_name)
    return encoder(shape, value) if encoder else value


def wire_name(name: str, member: Shape) -> str:
    """How a member is spelled on the wire."""
    spelled: str = member.serialization.get("name", name)
    return spelled


def _decode_structure(shape: Any, value: Mapping[str, Any], path: str) -> dict[str, Any]:
    found = {}
    for name, member in shape.members.items():
        inner = value.get(wire_name(name, member))
        if inner is not None:
            found[name] = decode(member, inner, f"{path}.{name}" if path else name)
    return found


def _decode_list(shape: Any, value: list[Any], path: str) -> list[Any]:
    if not isinstance(value, list):
        raise Malformed(f"Unexpected value at {path}: expected list")
    return [decode(shape.member, inner, f"{path}[{place}]") for place, inner in enumerate(value)]


def _decode_map(shape: Any, value: Mapping[str, Any], path: str) -> dict[str, Any]:
    return {key: decode(shape.value, inner, f"{path}.{key}") for key, inner in value.items()}


def _decode_timestamp(_shape: Any, value: float, _path: str) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(float(value), tz=datetime.UTC)


def _decode_integer(_shape: Any, value: Any, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise Malformed(f"Unexpected value at {path}: expected integer")
    return int(value)


def _decode_float(_shape: Any, value: Any, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Malformed(f"Unexpected value at {path}: expected number")
    return float(value)


def _decode_boolean(_shape: Any, value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise Malformed(f"Unexpected value at {path}: expected boolean")
    return value


def _decode_string(_shape: Any, value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise Malformed(f"Unexpected value at {path}: expected string")
    return value


def _decode_blob(_shape: Any, value: str, _path: str) -> bytes:
    return base64.b64decode(value, validate=True)


def _encode_structure(shape: Any, value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        wire_name(name, member): encode(member, value[name])
        for name, member in shape.members.items()
        if value.get(name) is not None
    }


_DECODERS: Mapping[str, Callable[[Any, Any, str], Any]] = {
    "structure": _decode_structure,
    "list": _decode_list,
    "map": _decode_map,
    "blob": _decode_blob,
    "timestamp": _decode_timestamp,
    "integer": _decode_integer,
    "long": _decode_integer,
    "float": _decode_float,
    "double": _decode_float,
    "boolean": _decode_boolean,
    "string": _decode_string,
}
_ENCODERS: Mapping[str, Callable[[Any, Any], Any]] = {
    "structure": _encode_structure,
    "list": lambda shape, value: [encode(shape.member, inner) for inner in value],
    "map": lambda shape, value: {key: encode(shape.value, inner) for key, inner in value.items()},
    "blob": lambda shape, value: base64.b64encode(value).decode(),
    "timestamp": lambda shape, value: value.timestamp() if isinstance(value, datetime.datetime) else value,
}
