"""What a plan may say about a task: the whole of the plan language, version 1."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from orchestrator.kinds.fields import Distinct, JsonValue, LateText, Names, Node, Shape, Span, Switch
from orchestrator.kinds.task.transact import MOST_ACTIONS

TASKS = "tasks"
"""The section of the plan language."""

MOST_SEGMENTS = 1_000_000
"""Of a scan (DynamoDB API reference, Scan, TotalSegments)."""

AttributeName = Annotated[str, Shape(r"[\s\S]{1,65535}", "the name of an attribute", "status")]
Values = dict[AttributeName, Any]
"""Attributes as a plan writes them: what `conversion` takes."""
Attributes = Annotated[tuple[AttributeName, ...], Field(strict=False), Distinct()]
NamePlaceholder = Annotated[
    str, Shape("#[A-Za-z0-9_]{1,254}", "a placeholder such as #s: #, letters, digits and _", '"#s"')
]
ValuePlaceholder = Annotated[
    str, Shape(":[A-Za-z0-9_]{1,254}", "a placeholder such as :v: a colon, letters, digits and _", '":v"')
]
PlaceholderNames = dict[NamePlaceholder, AttributeName]
PlaceholderValues = dict[ValuePlaceholder, Any]
Expression = Annotated[str, Shape(r"(?=[\s\S]*\S)[\s\S]*", "a condition", '"attribute_exists(id)"')]
Condition = Annotated[Expression | None, Field(alias="if")]
Qualifier = Annotated[
    LateText,
    Shape(r"\$LATEST|[A-Za-z0-9_-]{1,128}", "an alias, a version in quotes or $LATEST", "live"),
]
Units = Annotated[int, Field(ge=1)]


def _exactly_one(node: Node, names: tuple[str, ...]) -> None:
    if sum(getattr(node, name) is not None for name in names) != 1:
        raise PydanticCustomError("expected", "expected {expected}", {"expected": f"exactly one of {', '.join(names)}"})


class SeedSpec(Node):
    """Items that are put into a table, from the plan or from a file."""

    table: str
    items: Annotated[tuple[Values, ...], Field(strict=False)] | None = None
    file: Annotated[str, Shape(r"[\s\S]+", "a path, relative to the plan file", "items.jsonl")] | None = None
    if_exists: Literal["keep", "overwrite", "fail"] = "keep"

    @model_validator(mode="after")
    def _one(self) -> Self:
        _exactly_one(self, ("items", "file"))
        return self


class PutSpec(Node):
    """An item that a transaction puts; `if_absent` only where no item has its key."""

    table: str
    item: Values
    if_absent: Switch = False
    condition: Condition = None
    names: PlaceholderNames = {}
    values: PlaceholderValues = {}


class UpdateSpec(Node):
    """Attributes that a transaction sets, adds to or removes."""

    table: str
    key: Values
    set: Values = {}
    add: Values = {}
    remove: Attributes = ()
    condition: Condition = None
    names: PlaceholderNames = {}
    values: PlaceholderValues = {}


class DeleteSpec(Node):
    """An item that a transaction deletes."""

    table: str
    key: Values
    condition: Condition = None
    names: PlaceholderNames = {}
    values: PlaceholderValues = {}


class CheckSpec(Node):
    """A condition without which a transaction does nothing."""

    table: str
    key: Values
    condition: Annotated[Expression, Field(alias="if")]
    names: PlaceholderNames = {}
    values: PlaceholderValues = {}


AnyAction = PutSpec | UpdateSpec | DeleteSpec | CheckSpec


class ActionSpec(Node):
    """One action of a transaction."""

    put: PutSpec | None = None
    update: UpdateSpec | None = None
    delete: DeleteSpec | None = None
    check: CheckSpec | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        _exactly_one(self, ("put", "update", "delete", "check"))
        return self

    @property
    def sort(self) -> str:
        """Which of them it is, as the plan language names it."""
        return next(name for name in ("put", "update", "delete", "check") if getattr(self, name) is not None)

    @property
    def body(self) -> AnyAction:
        body: AnyAction = getattr(self, self.sort)
        return body


class BackfillSpec(Node):
    """A parallel scan that updates items; a value of `set` may take attributes of the item, `${item.total}`."""

    table: str
    set: Values = {}
    remove: Attributes = ()
    where: Expression | None = None
    names: PlaceholderNames = {}
    values: PlaceholderValues = {}
    segments: Annotated[int, Field(ge=1, le=MOST_SEGMENTS)] | None = None
    shard: Annotated[str, Shape("[1-9][0-9]{0,6}/[1-9][0-9]{0,6}", "a share such as 1/4", "1/4")] | None = None
    max_write_units: Units | None = None


class ExpectSpec(Node):
    """What an invocation has to answer: the status of the call, and what the function returned."""

    status: Annotated[int, Field(ge=200, le=599)] | None = None
    payload: JsonValue = None


class InvokeSpec(Node):
    """One invocation of a function."""

    function: str
    alias: Qualifier | None = None
    payload: JsonValue = None
    invocation: Literal["request_response", "event"] = "request_response"
    expect: ExpectSpec | None = None


class TaskSpec(Node):
    """Something that is done once and remembered."""

    seed: SeedSpec | None = None
    transact: Annotated[tuple[ActionSpec, ...], Field(strict=False, min_length=1, max_length=MOST_ACTIONS)] | None = (
        None
    )
    backfill: BackfillSpec | None = None
    invoke: InvokeSpec | None = None
    run: Literal["once", "on_change", "always"] = "once"
    marker: Switch | None = None
    timeout: Span | None = None
    after: Names = ()

    @model_validator(mode="after")
    def _one(self) -> Self:
        _exactly_one(self, ("seed", "transact", "backfill", "invoke"))
        return self

    @property
    def sort(self) -> str:
        """Which of them it is, as the plan language names it."""
        return next(name for name in TIMEOUTS if getattr(self, name) is not None)

    @property
    def seconds(self) -> int:
        """How long it may take."""
        return TIMEOUTS[self.sort] if self.timeout is None else self.timeout


TIMEOUTS = {"seed": 1800, "transact": 1800, "backfill": 7 * 86400, "invoke": 900}
"""How long each sort of task may take where the plan does not say, in seconds."""
