"""What the models allow at a place of a plan, found by walking their annotations: for suggestions, never for validation."""

from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from orchestrator.kinds.fields import Absent, Node
from orchestrator.model import Path


def nodes_at(root: type[Node], path: Path, value: Any) -> list[type[Node]]:
    """The models that a mapping at `path` may be; `value` is the whole document, which tells absent things apart."""
    types = _types_at(root, path)
    for element in path:
        value = _value_inside(value, element)
    said_absent = isinstance(value, dict) and "ensure" in value
    found = [model for model in types if isinstance(model, type) and issubclass(model, Node)]
    return [model for model in found if issubclass(model, Absent) == said_absent] or found


def keys_at(root: type[Node], path: Path, value: Any) -> tuple[str, ...]:
    """The keys that a mapping at `path` may have."""
    return tuple(dict.fromkeys(key for model in nodes_at(root, path, value) for key in model.known_keys()))


def _types_at(root: type[Node], path: Path) -> list[Any]:
    types: list[Any] = [root]
    for element in path:
        types = [inner for outer in types for inner in _inside(outer, element)]
    return types


def may_be_absent(root: type[Node], path: Path) -> bool:
    """Whether `absent` may stand at `path`."""
    return Absent in _types_at(root, path)


def _inside(outer: Any, element: str | int) -> list[Any]:
    """The types of what stands at `element` of a value of type `outer`."""
    origin = get_origin(outer)
    if isinstance(outer, type) and issubclass(outer, Node):
        return [
            found
            for name, field in outer.model_fields.items()
            if (field.alias or name) == element
            for found in _members(field.annotation)
        ]
    if origin is dict and isinstance(element, str):
        return _members(get_args(outer)[1])
    if origin in (tuple, list) and isinstance(element, int):
        return _members(get_args(outer)[0])
    return []


def _members(annotation: Any) -> list[Any]:
    """A type without its Annotated, a union as its members."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _members(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return [found for member in get_args(annotation) for found in _members(member)]
    return [annotation]


def _value_inside(value: Any, element: str | int) -> Any:
    if isinstance(value, dict) and isinstance(element, str):
        return value.get(element)
    if isinstance(value, list) and isinstance(element, int) and element < len(value):
        return value[element]
    return None
