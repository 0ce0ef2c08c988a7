"""What UpdateItem would refuse of a backfill, for whatever item: found before anything is sent."""

from collections.abc import Iterable

from orchestrator.kinds.task import expressions, sizes
from orchestrator.kinds.task.complaints import Gathered
from orchestrator.kinds.task.expressions import MOST_BYTES, MOST_OPERATORS, MOST_VARIABLE_BYTES
from orchestrator.kinds.task.update import longest
from orchestrator.model import Path
from orchestrator.model.work import Backfill

_EXPRESSIONS = ("ProjectionExpression", "UpdateExpression")
_FEWER = "Set and remove fewer attributes in one task."
_UNKNOWN_KEY = ("key",)


def check(backfill: Backfill, keys: Iterable[str] | None, gathered: Gathered) -> None:
    """Say what is too long or too much. `keys` are the table's key attributes, where they are known."""
    request = longest(backfill, tuple(keys or _UNKNOWN_KEY))
    here: Path = ("backfill",)
    for member in _EXPRESSIONS:
        if (size := _bytes(request.get(member, ""))) > MOST_BYTES:
            message = f" names too many attributes: the {member} has {size:,} bytes, {MOST_BYTES:,} are the most."
            gathered.say(here, "long-update", message, _FEWER)
    condition = request["ConditionExpression"]
    path: Path = (*here, "where") if backfill.where is not None else here
    if (size := _bytes(condition)) > MOST_BYTES:
        message = f": the condition of an update has {size:,} bytes, {MOST_BYTES:,} are the most; it holds all that is read too."
        gathered.say(
            path, "long-condition", message, "Make `where` shorter, or set and remove fewer attributes in one task."
        )
    if (count := expressions.operators(condition)) > MOST_OPERATORS:
        message = f": the condition of an update has {count} comparisons and functions, {MOST_OPERATORS} are the most."
        gathered.say(
            path, "many-operators", message, "Make `where` simpler, or set and remove fewer attributes in one task."
        )
    names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
    if (size := sum(map(_bytes, names.values())) + sizes.size(values)) > MOST_VARIABLE_BYTES:
        message = f" has {size:,} bytes in its names and values; a request has {MOST_VARIABLE_BYTES:,} at most."
        gathered.say(here, "values-too-large", message, "Compare with less.")
    made = {name: value for name, value in backfill.set.items() if not isinstance(value, tuple)}
    if (size := sizes.size(made)) > sizes.MOST_BYTES:
        message = f" comes to {size:,} bytes as DynamoDB counts them; an item has {sizes.MOST_BYTES:,} at most."
        gathered.say((*here, "set"), "item-too-large", message, "Keep large values elsewhere, in S3 for one.")


def _bytes(text: str) -> int:
    return len(text.encode(errors="surrogatepass"))
