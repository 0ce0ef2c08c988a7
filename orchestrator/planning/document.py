"""What a plan file may say at its top level: the whole of the plan language, version 1."""

from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema

from orchestrator.kinds.fields import (
    ABSENT_TAG,
    PRESENT_TAG,
    AbsentRoot,
    Names,
    Node,
    OrAbsent,
    Shape,
    Span,
    Switch,
    Tag,
)
from orchestrator.kinds.function.spec import FunctionSpec
from orchestrator.kinds.table.spec import AbsentTable, TableSpec
from orchestrator.kinds.task.spec import TaskSpec

PlanName = Annotated[
    str,
    Shape(
        "[a-z0-9][a-z0-9-]{0,62}",
        "a plan name: 1 to 63 lower-case letters, digits and hyphens, not beginning with a hyphen",
        "orders",
    ),
]
VariableName = Annotated[
    str,
    Shape(
        "[a-z][a-z0-9_]*",
        "a variable name: lower-case letters, digits and underscores, beginning with a letter",
        "stage",
    ),
]
StageName = Annotated[
    str,
    Shape(
        r"(?!\s)[^\x00-\x1f\x7f-\x9f\u2028\u2029]{1,100}(?<!\s)",
        "the name of a stage: 1 to 100 characters on one line, no space at its ends",
        "expand",
    ),
]
LogicalId = Annotated[str, Shape("[A-Za-z0-9_-]+", "a logical id: letters, digits, hyphens and underscores", "orders")]
AccountId = Annotated[str, Shape("[0-9]{12}", "an account: 12 digits, in quotes", '"123456789012"')]
RegionName = Annotated[str, Shape("[a-z][a-z0-9-]{1,62}", "a region such as eu-west-1", "eu-west-1")]


MAX_STAGES = 50
"""Each of them is looked through with all that those before it say."""

AnyValue = Annotated[Any, WithJsonSchema({"not": {"type": "null"}})]
"""A value of any type of variable, which its own type narrows when it is given."""


class VariableSpec(Node):
    """A variable: without a default it must be given. A sensitive one is never shown."""

    type: Literal["string", "integer", "number", "boolean", "list", "map"] = "string"
    default: AnyValue = None
    allowed: Annotated[tuple[AnyValue, ...], Field(strict=False, min_length=1)] | None = None
    description: str | None = None
    sensitive: Switch = False


class PolicySpec(Node):
    """What the plan allows, and for how long it may run."""

    destructive: Literal["refuse", "allow"] = "refuse"
    backup_before_delete: Switch = True
    deadline: Span | None = None


PresentTable = Annotated[TableSpec, Tag(PRESENT_TAG)] | Annotated[AbsentTable, Tag(ABSENT_TAG)]
PresentFunction = Annotated[FunctionSpec, Tag(PRESENT_TAG)] | Annotated[AbsentRoot, Tag(ABSENT_TAG)]
Variables = dict[VariableName, VariableSpec]
AnyTable = Annotated[PresentTable, OrAbsent]
AnyFunction = Annotated[PresentFunction, OrAbsent]
Tables = dict[LogicalId, AnyTable]
Functions = dict[LogicalId, AnyFunction]
Tasks = dict[LogicalId, TaskSpec]


class Stage(Node):
    """A part of the plan that starts when the one before it is done."""

    stage: StageName
    tables: Tables | None = None
    functions: Functions | None = None
    tasks: Tasks | None = None


class Document(Node):
    """A plan for DynamoDB tables and Lambda functions."""

    version: Literal[1] = 1
    plan: PlanName
    description: str | None = None
    requires: Names = ()
    account: AccountId | None = None
    region: RegionName | None = None
    variables: Variables | None = None
    policy: PolicySpec = PolicySpec()
    tables: Tables | None = None
    functions: Functions | None = None
    tasks: Tasks | None = None
    stages: Annotated[tuple[Stage, ...] | None, Field(strict=False, max_length=MAX_STAGES)] = None
