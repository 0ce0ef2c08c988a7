"""What a plan declares for a resource, as a keyed digest: equal for equal declarations, and telling nothing of hidden values."""

import hmac
import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from orchestrator.model import Blob, Declared, FromLive, FromRun, Plan, Task, Text


def declared(resource: Declared, key: bytes) -> str:
    """The digest of one resource: its real name, its settings with hidden ones among them, and the files that it names."""
    stated = resource.spec.model_dump() if isinstance(resource.spec, BaseModel) else str(resource.spec)
    return digest([str(resource.ref.root), resource.name, stated, dict(resource.blobs)], key)


def task(one: Task, key: bytes) -> str:
    """The digest of what a task says, and how often it is done."""
    return digest([str(one.ref), one.run, one.work.stated], key)


def plan(whole: Plan, key: bytes) -> str:
    """The digest of all that a plan declares, whatever its file looks like."""
    declares = [declared(resource, key) for resource in whole.resources]
    does = [task(one, key) for one in whole.tasks]
    return digest([whole.name, declares, does, [plan(stage, key) for stage in whole.stages]], key)


def stage(whole: Plan, place: int, key: bytes) -> str:
    """The digest of a stage, with all that those before it say: one that says what an earlier one said is another one."""
    return digest([place, plan(whole, key)], key)


def digest(value: Any, key: bytes) -> str:
    """The digest of nested values, late and hidden ones among them."""
    text = json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hmac.new(key, text.encode(), "sha256").hexdigest()


def _plain(value: Any) -> Any:
    """The same in JSON's own types; what is not one of them is told by its type, so that nothing equals what it is not."""
    match value:
        case None | bool() | int() | str():
            return value
        case Text(parts):
            meant = {} if value.means is None else {"means": _plain(value.means)}
            return {"text": [_plain(part) for part in parts], **meant}
        case FromLive(ref, field):
            return {"of": str(ref), "field": field}
        case FromRun(field):
            return {"of": "run", "field": field}
        case Blob():
            return {"sha256": value.sha256}
        case Mapping():
            return {"map": [[_plain(name), _plain(inner)] for name, inner in sorted(value.items(), key=_by_name)]}
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case set() | frozenset():
            return {"set": sorted(json.dumps(_plain(inner)) for inner in value)}
        case _:
            return {type(value).__name__: str(value)}


def _by_name(item: tuple[Any, Any]) -> str:
    return str(item[0])
