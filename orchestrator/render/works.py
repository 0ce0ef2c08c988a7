"""What tasks do, in words: for a reviewer who has only the preview."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, assert_never

from orchestrator.kinds.task.expressions import PLACEHOLDER
from orchestrator.model import Backfill, Invocation, Item, Sample, Seed, Taken, Template, Transaction, Work
from orchestrator.render.attribute_values import item, shortened, spelled
from orchestrator.render.public import public
from orchestrator.render.text.words import value

SHOWN_ITEMS = 3
"""So many items of a seed are written out."""
SHOWN_ACTIONS = 25
"""So many actions of a transaction are written out; the request has them all."""


def told(work: Work) -> Iterator[str]:
    """A line each: the items, the actions, the payload and what is expected, what is set to what and how fast."""
    match work:
        case Seed():
            yield from _seed(work)
        case Transaction(actions):
            yield from (shortened(_action(action)) for action in actions[:SHOWN_ACTIONS])
            if len(actions) > SHOWN_ACTIONS:
                yield f"and {len(actions) - SHOWN_ACTIONS} more"
        case Invocation():
            yield from _invocation(work)
        case Backfill():
            yield from _backfill(work)
        case _:
            assert_never(work)


def counted(found: Sample) -> Iterator[str]:
    """How many items a backfill would change of those that were read, and some of them before and after."""
    if not found.scanned:
        yield "no items are there now"
        return
    all_of_them = f"all {found.scanned:,} items that are there now"
    read = all_of_them if found.all else f"the first {found.scanned:,} items (there are more)"
    yield f"of {read} it would update {found.changing:,}"
    for key, before, after in found.samples:
        names = dict.fromkeys([*before, *after])
        sides = ", ".join(f"{value(name)}: {_side(before, name)} -> {_side(after, name)}" for name in names)
        yield shortened(f"{item(key)}  {sides}")


def _side(attributes: Item, name: str) -> str:
    return spelled(attributes[name]) if name in attributes else "absent"


def _seed(seed: Seed) -> Iterator[str]:
    if seed.items.file:
        yield f"from {seed.items.file}"
    yield from (shortened(item(one)) for one in seed.items.head[:SHOWN_ITEMS])
    if seed.items.number > SHOWN_ITEMS:
        yield f"and {seed.items.number - SHOWN_ITEMS:,} more"


def _invocation(invocation: Invocation) -> Iterator[str]:
    parameters = invocation.call.parameters
    payload = parameters.get("Payload")
    if payload is not None:
        told_payload = public(payload)
        yield shortened(f"payload: {told_payload if isinstance(told_payload, str) else value(told_payload)}")
    expect = invocation.expect
    expected = [f"status {expect.status}"] if expect.status is not None else []
    expected += [f"a payload with {value(public(expect.payload))}"] if expect.payload is not None else []
    if expected:
        yield shortened(f"expects {' and '.join(expected)}")
    elif parameters.get("InvocationType") != "Event":
        yield "expects no function error"


def _backfill(backfill: Backfill) -> Iterator[str]:
    yield from (shortened(f"{value(name)} = {_template(made)}") for name, made in backfill.set.items())
    if backfill.where:
        yield shortened(f"where {_filled(backfill.where, backfill.names, backfill.values)}")
    parts = f"{backfill.segments} segment{'' if backfill.segments == 1 else 's'}"
    pace = (
        f"at most {backfill.write_units:,} write units a second" if backfill.write_units else "as fast as it takes them"
    )
    yield f"scanned in {parts}, {pace}"


def _template(made: Template) -> str:
    if isinstance(made, Mapping):
        return spelled(made)
    return "".join(f"${{item.{piece.attribute}}}" if isinstance(piece, Taken) else piece for piece in made)


# ---------------------------------------------------------------------------------------------------- transactions


def _action(action: Mapping[str, Any]) -> str:
    """`update orders {order_id: o1}: SET total = 10, if status = open`."""
    ((sort, body),) = action.items()
    names, values = body.get("ExpressionAttributeNames", {}), body.get("ExpressionAttributeValues", {})
    verb = "check" if sort == "ConditionCheck" else sort.lower()
    what = item(body["Item"] if sort == "Put" else body["Key"])
    change = f": {_filled(body['UpdateExpression'], names, values)}" if "UpdateExpression" in body else ""
    condition = body.get("ConditionExpression")
    only = f", if {_filled(condition, names, values)}" if condition else ""
    return f"{verb} {_preposition(sort)}{body['TableName']} {what}{change}{only}"


def _preposition(sort: str) -> str:
    return {"Put": "into ", "Delete": "from ", "Update": "in ", "ConditionCheck": "in "}[sort]


def _filled(expression: str, names: Mapping[str, str], values: Mapping[str, Any]) -> str:
    """An expression with what its placeholders stand for."""

    def meant(found: re.Match[str]) -> str:
        if found[0] in names:
            return value(names[found[0]])
        return spelled(values[found[0]]) if found[0] in values else found[0]

    return PLACEHOLDER.sub(meant, expression)
