"""What the models allow at a place of a plan, found by walking their annotations: for suggestions, never for validation."""

from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from orchestrator.kinds.fields import OFF, Absent, Node
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


def limits_at(root: type[Node], path: Path) -> dict[str, Any]:
    """The least (`ge`) and the greatest number (`le`) that may stand at `path`, as far as the models say any."""
    return {
        name: limit
        for annotation in _annotations_at(root, path)
        for rule in _rules(annotation)
        for name in ("ge", "le")
        if (limit := getattr(rule, name, None)) is not None
    }


def _types_at(root: type[Node], path: Path) -> list[Any]:
    return [member for annotation in _annotations_at(root, path) for member in members(annotation)]


def _annotations_at(root: type[Node], path: Path) -> list[Any]:
    found: list[Any] = [root]
    for element in path:
        types = [member for annotation in found for member in members(annotation)]
        found = [inner for outer in types for inner in _inside(outer, element)]
    return found


def may_be_absent(root: type[Node], path: Path) -> bool:
    """Whether `absent` may stand at `path`."""
    return any(isinstance(model, type) and issubclass(model, Absent) for model in _types_at(root, path))


def may_be_off(root: type[Node], path: Path) -> bool:
    """Whether `off` may stand at `path`."""
    return any(OFF in get_args(one) for one in _types_at(root, path) if get_origin(one) is Literal)


def _inside(outer: Any, element: str | int) -> list[Any]:
    """The annotations of what stands at `element` of a value of type `outer`."""
    origin = get_origin(outer)
    if isinstance(outer, type) and issubclass(outer, Node):
        fields = [field for name, field in outer.model_fields.items() if (field.alias or name) == element]
        return [Annotated[field.annotation, field] for field in fields]
    if origin is dict and isinstance(element, str):
        return [get_args(outer)[1]]
    if origin in (tuple, list) and isinstance(element, int):
        return [get_args(outer)[0]]
    return []


def members(annotation: Any) -> list[Any]:
    """A type without its Annotated, a union as its members."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return members(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return [found for member in get_args(annotation) for found in members(member)]
    return [annotation]


def _rules(annotation: Any) -> list[Any]:
    """What Annotated says of a type or of the members of a union."""
    if get_origin(annotation) is Annotated:
        inner, *said = get_args(annotation)
        return [rule for each in said for rule in getattr(each, "metadata", [each])] + _rules(inner)
    if get_origin(annotation) in (Union, UnionType):
        return [rule for member in get_args(annotation) for rule in _rules(member)]
    return []


def _value_inside(value: Any, element: str | int) -> Any:
    if isinstance(value, dict) and isinstance(element, str):
        return value.get(element)
    if isinstance(value, list) and isinstance(element, int) and element < len(value):
        return value[element]
    return None
