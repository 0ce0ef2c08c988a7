"""What a task must hold in itself, beyond the types of its fields. Each rule is one row of RULES."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from orchestrator.kinds.complaint import Complaint
from orchestrator.kinds.task import conditions, expressions, templates
from orchestrator.kinds.task.spec import AnyAction, BackfillSpec, PutSpec, TaskSpec, UpdateSpec
from orchestrator.kinds.task.transact import MOST_ACTIONS
from orchestrator.model import Path

STATUSES = {"request_response": 200, "event": 202}
"""What Lambda answers to an invocation that it took, whatever the function returns (Lambda API reference, Invoke)."""


def complaints(spec: TaskSpec) -> Iterator[Complaint]:
    """Everything that is wrong with a task, without looking at anything else; paths are below the task."""
    for rule in RULES:
        yield from rule(spec)


def _actions(spec: TaskSpec) -> Iterator[tuple[Path, AnyAction]]:
    for number, action in enumerate(spec.transact or ()):
        yield ("transact", number, action.sort), action.body


def _marker(spec: TaskSpec) -> Iterator[Complaint]:
    """The marker is an action of the transaction, so that one less is left."""
    if spec.transact is None:
        if spec.marker is not None:
            message = f"<path>: a {spec.sort} writes no marker; only a transaction does."
            yield Complaint(("marker",), "marker", message, "Take it away.")
    elif spec.marker is not False and len(spec.transact) >= MOST_ACTIONS:
        message = (
            f"<path> has {len(spec.transact)} actions; with its marker a transaction has {MOST_ACTIONS - 1} at most."
        )
        action = "Take one away, or say `marker: false` beside it: then a run that was cut off may have to ask what became of it."
        yield Complaint(("transact",), "too-many-actions", message, action)


def _conditions(spec: TaskSpec) -> Iterator[Complaint]:
    for path, body in _actions(spec):
        yield from _placeholders(path, "if", body.condition, body.names, body.values)
        if isinstance(body, PutSpec) and body.if_absent and body.condition is not None:
            message = "<path> stands beside `if_absent`."
            action = "Leave one of them out; in a condition it is `attribute_not_exists` of the partition key."
            yield Complaint((*path, "if"), "two-conditions", message, action)
    if (backfill := spec.backfill) is not None:
        yield from _placeholders(("backfill",), "where", backfill.where, backfill.names, backfill.values)


def _placeholders(
    path: Path, key: str, condition: str | None, names: Mapping[str, Any], values: Mapping[str, Any]
) -> Iterator[Complaint]:
    """DynamoDB refuses what it can't read, a placeholder that is not defined, and one that is not used."""
    if condition is not None and (wrong := conditions.unread(condition, names, (*path, key))):
        yield wrong
    used = expressions.used(condition or "")
    for placeholder in sorted(used - names.keys() - values.keys()):
        where = "names" if placeholder.startswith("#") else "values"
        message = f"<path> uses `{placeholder}`, which `{where}` does not have."
        yield Complaint((*path, key), "no-placeholder", message, f'Write `{where}: {{"{placeholder}": …}}` beside it.')
    for where, given in (("names", names), ("values", values)):
        for placeholder in sorted(given.keys() - used):
            message = f"<path>: `{key}` does not use `{placeholder}`." if condition else f"<path>: there is no `{key}`."
            yield Complaint((*path, where, placeholder), "unused-placeholder", message, "Take it away.")
    if condition is not None and (size := len(condition.encode(errors="surrogatepass"))) > expressions.MOST_BYTES:
        message = f"<path> has {size:,} bytes; an expression has {expressions.MOST_BYTES:,} at most."
        yield Complaint((*path, key), "long-condition", message, "Make it shorter.")
    if (count := expressions.operators(condition or "")) > expressions.MOST_OPERATORS:
        message = (
            f"<path> has {count} comparisons and functions; an expression has {expressions.MOST_OPERATORS} at most."
        )
        yield Complaint((*path, key), "many-operators", message, "Make it simpler, with IN for one.")


def _updates(spec: TaskSpec) -> Iterator[Complaint]:
    for path, body in _actions(spec):
        if isinstance(body, UpdateSpec):
            yield from _changes(path, {"set": list(body.set), "add": list(body.add), "remove": body.remove})
            for name in [*body.set, *body.add, *body.remove]:
                if name in body.key:
                    yield _of_the_key(path, name)
    if (backfill := spec.backfill) is not None:
        yield from _changes(("backfill",), {"set": list(backfill.set), "remove": backfill.remove})


def _changes(path: Path, changes: Mapping[str, Sequence[str]]) -> Iterator[Complaint]:
    if not any(changes.values()):
        message = f"<path> changes nothing: it has none of {', '.join(f'`{key}`' for key in changes)}."
        yield Complaint(path, "no-change", message, "Say what it shall change.")
    first: dict[str, str] = {}
    for key, names in changes.items():
        for name in names:
            if first.setdefault(name, key) != key:
                message = f"<path>: `{name}` stands in `{first[name]}` too."
                yield Complaint((*path, key), "attribute-twice", message, "An update does one thing to an attribute.")


def _of_the_key(path: Path, name: str) -> Complaint:
    message = f"<path>: `{name}` is part of the item's key, which no update changes."
    return Complaint(path, "key-changed", message, "Delete the item, and put one with another key.")


def _self_references(spec: TaskSpec) -> Iterator[Complaint]:
    """What an update was made of is still there after it: else a second time would make something else of it."""
    sets = spec.backfill.set if spec.backfill is not None else {}
    for name, value in sets.items():
        for taken in sorted(templates.reads(value) & sets.keys()):
            message = f"<path> takes `${{item.{taken}}}`, which this backfill sets itself."
            action = "It could be done twice to an item. Set another attribute, and take this one in a later task."
            yield Complaint(("backfill", "set", name), "sets-what-it-reads", message, action)


def _shares(spec: TaskSpec) -> Iterator[Complaint]:
    backfill = spec.backfill
    if backfill is None or backfill.shard is None:
        return
    number, of = shard(backfill)
    path: Path = ("backfill", "shard")
    if number > of:
        yield Complaint(path, "share", f"<path>: there is no share {number} of {of}.", f"Write 1/{of} to {of}/{of}.")
    if backfill.segments is not None and backfill.segments < of:
        message = f"<path>: {backfill.segments} segments are too few for {of} shares."
        yield Complaint(path, "share", message, f"Let `segments` be {of} or more.")


def shard(backfill: BackfillSpec) -> tuple[int, int]:
    """Which share of how many; all of it where none is stated."""
    number, _, of = (backfill.shard or "1/1").partition("/")
    return int(number), int(of)


def _expectations(spec: TaskSpec) -> Iterator[Complaint]:
    invoke = spec.invoke
    if invoke is None or invoke.expect is None:
        return
    expect, path = invoke.expect, ("invoke", "expect")
    status = STATUSES[invoke.invocation]
    if expect.status is not None and expect.status != status:
        message = f"<path>: Lambda answers {status} to every invocation of this sort that it takes."
        action = "What the function itself returns is compared with `payload`: `expect: {payload: {statusCode: 200}}`."
        yield Complaint((*path, "status"), "expected-status", message, action)
    if "payload" in expect.model_fields_set and expect.payload is None:
        message = "<path>: null can't be told from anything here."
        yield Complaint((*path, "payload"), "expected-payload", message, "Leave it out.")
    if invoke.invocation == "event" and expect.payload is not None:
        message = "<path>: an event is queued, and what the function returns is not seen."
        action = "Leave it out, or say `invocation: request_response`."
        yield Complaint((*path, "payload"), "expected-payload", message, action)


RULES: tuple[Callable[[TaskSpec], Iterator[Complaint]], ...] = (
    _marker,
    _conditions,
    _updates,
    _self_references,
    _shares,
    _expectations,
)
