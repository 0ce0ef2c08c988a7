"""What a plan may say about tasks: known and checked in full, executed by a later release."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from orchestrator.kinds.fields import Names, Node, Shape, Switch

Item = dict[str, Any]
Placeholders = dict[str, str]


def _exactly_one(node: Node, names: tuple[str, ...]) -> None:
    if sum(getattr(node, name) is not None for name in names) != 1:
        raise PydanticCustomError("expected", "expected {expected}", {"expected": f"exactly one of {', '.join(names)}"})


class Seed(Node):
    """Items that are put into a table, from the plan or from a file."""

    table: str
    items: Annotated[tuple[Item, ...], Field(strict=False)] | None = None
    file: str | None = None
    if_exists: Literal["keep", "overwrite", "fail"] = "keep"

    @model_validator(mode="after")
    def _one(self) -> Self:
        _exactly_one(self, ("items", "file"))
        return self


class Put(Node):
    """An item that a transaction puts; `if_absent` only where no item has its key."""

    table: str
    item: Item
    if_absent: Switch = False
    condition: Annotated[str | None, Field(alias="if")] = None
    names: Placeholders = {}
    values: Item = {}


class Update(Node):
    """Attributes that a transaction sets, adds to or removes."""

    table: str
    key: Item
    set: Item = {}
    add: Item = {}
    remove: Names = ()
    condition: Annotated[str | None, Field(alias="if")] = None
    names: Placeholders = {}
    values: Item = {}


class Delete(Node):
    """An item that a transaction deletes."""

    table: str
    key: Item
    condition: Annotated[str | None, Field(alias="if")] = None
    names: Placeholders = {}
    values: Item = {}


class Check(Node):
    """A condition without which a transaction does nothing."""

    table: str
    key: Item
    condition: Annotated[str, Field(alias="if")]
    names: Placeholders = {}
    values: Item = {}


class Action(Node):
    """One action of a transaction."""

    put: Put | None = None
    update: Update | None = None
    delete: Delete | None = None
    check: Check | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        _exactly_one(self, ("put", "update", "delete", "check"))
        return self


class Backfill(Node):
    """A parallel scan that updates items."""

    table: str
    set: Item = {}
    remove: Names = ()
    where: str | None = None
    names: Placeholders = {}
    values: Item = {}
    segments: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    shard: Annotated[str, Shape("[1-9][0-9]*/[1-9][0-9]*", "a share such as 1/4", "1/4")] | None = None
    max_write_units: Annotated[int, Field(ge=1)] | None = None


class Expect(Node):
    """What an invocation has to answer."""

    status: int | None = None


class Invoke(Node):
    """One invocation of a function."""

    function: str
    alias: str | None = None
    payload: Any = None
    expect: Expect | None = None


class Task(Node):
    """Something that is done once and remembered."""

    seed: Seed | None = None
    transact: Annotated[tuple[Action, ...], Field(strict=False, min_length=1, max_length=100)] | None = None
    backfill: Backfill | None = None
    invoke: Invoke | None = None
    run: Literal["once", "on_change", "always"] = "once"
    marker: Switch | None = None
    after: Names = ()

    @model_validator(mode="after")
    def _one(self) -> Self:
        _exactly_one(self, ("seed", "transact", "backfill", "invoke"))
        return self
