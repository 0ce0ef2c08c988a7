"""What a plan may say about a function and its parts: the whole of the plan language, version 1."""

from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from orchestrator.kinds.arns import (
    DeadLetterArn,
    DestinationArn,
    EventSourceArn,
    KmsKeyArn,
    LayerArn,
    RoleArn,
    SourceArn,
)
from orchestrator.kinds.fields import (
    ABSENT_TAG,
    PRESENT_TAG,
    Absent,
    Distinct,
    Duration,
    Gate,
    LateText,
    Names,
    Node,
    NotYet,
    Off,
    OrAbsent,
    Replace,
    Shape,
    StringValue,
    Tag,
)

Texts = Annotated[tuple[LateText, ...], Field(strict=False)]
DistinctTexts = Annotated[Texts, Distinct()]


class S3Code(Node):
    bucket: LateText
    key: LateText
    version: LateText | None = None


class CodeSpec(Node):
    """A zip file, a directory to zip, an object in S3, or an image: one of them. Paths are relative to the plan file."""

    TEXT = "zip"

    zip: str | None = None
    directory: str | None = None
    exclude: Names = ()
    s3: Annotated[S3Code | None, NotYet("code from S3")] = None
    image: Annotated[LateText | None, NotYet("code from an image")] = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(form is not None for form in (self.zip, self.directory, self.s3, self.image)) != 1:
            raise PydanticCustomError(
                "expected",
                "expected {expected}",
                {"expected": "the path of a zip file, or one of directory, s3, image"},
            )
        return self


class VpcSpec(Node):
    subnets: DistinctTexts
    security_groups: DistinctTexts


class LoggingSpec(Node):
    format: Literal["json", "text"] | None = None
    level: Literal["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"] | None = None
    system_level: Literal["DEBUG", "INFO", "WARN"] | None = None
    group: LateText | None = None


class ImageSpec(Node):
    command: Texts | None = None
    entry_point: Texts | None = None
    working_directory: LateText | None = None


def _as_float(value: Any) -> Any:
    """A number of the plan as the API has it; whatever else stands there is left to be refused."""
    return float(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


class AliasSpec(Node):
    """`published`, a version number, `$LATEST`, or `{version: …, weights: {"11": 0.1}}`."""

    TEXT = "version"

    version: Annotated[
        str, Shape(r"published|\$LATEST|[1-9][0-9]*", "published, a version number in quotes or $LATEST", "published")
    ]
    weights: Annotated[
        dict[
            Annotated[str, Shape("[1-9][0-9]*", "a version number", '"12"')],
            Annotated[float, Field(ge=0, le=1), BeforeValidator(_as_float)],
        ],
        Field(max_length=1),
    ] = {}
    description: LateText | None = None

    @classmethod
    def expected(cls) -> str:
        return "published, a version number in quotes, $LATEST, or {version: …, weights: {…}}"


class StartAt(Node):
    WORDS = (("latest", {"position": "LATEST"}), ("trim_horizon", {"position": "TRIM_HORIZON"}))
    INTERNAL = ("position",)

    position: Literal["LATEST", "TRIM_HORIZON", "AT_TIMESTAMP"] = "AT_TIMESTAMP"
    at: str | None = None


class EventSourceSpec(Node):
    source: EventSourceArn
    alias: str | None = None
    starting_position: StartAt | None = None
    batch_size: Annotated[int, Field(ge=1, le=10000)] | None = None
    batching_window: Duration | None = None
    parallelization: Annotated[int, Field(ge=1, le=10)] | None = None
    retries: Annotated[int, Field(ge=-1, le=10000)] | None = None
    max_record_age: Duration | None = None
    bisect_on_error: bool | None = None
    on_failure: DestinationArn | Off | None = None
    filter: Annotated[tuple[dict[str, Any], ...], Field(strict=False)] | None = None
    report_batch_item_failures: bool | None = None
    enabled: bool | None = None
    replace: Replace = "refuse"


class PermissionSpec(Node):
    principal: LateText
    action: str = "lambda:InvokeFunction"
    source_arn: SourceArn | None = None
    source_account: LateText | None = None
    alias: str | None = None


class CorsSpec(Node):
    allow_credentials: bool | None = None
    allow_headers: DistinctTexts | None = None
    allow_methods: DistinctTexts | None = None
    allow_origins: DistinctTexts | None = None
    expose_headers: DistinctTexts | None = None
    max_age: Duration | None = None


class UrlSpec(Node):
    auth: Literal["aws_iam", "none"]
    cors: CorsSpec | None = None
    invoke_mode: Literal["buffered", "response_stream"] | None = None
    alias: str | None = None


class AsyncInvokeSpec(Node):
    retries: Annotated[int, Field(ge=0, le=2)] | None = None
    max_age: Duration | None = None
    on_success: DestinationArn | Off | None = None
    on_failure: DestinationArn | Off | None = None


class FunctionTimeouts(Node):
    create: Duration | None = None
    update: Duration | None = None
    delete: Duration | None = None


PresentAlias = Annotated[AliasSpec, Tag(PRESENT_TAG)] | Annotated[Absent, Tag(ABSENT_TAG)]
PresentEventSource = Annotated[EventSourceSpec, Tag(PRESENT_TAG)] | Annotated[Absent, Tag(ABSENT_TAG)]
PresentPermission = Annotated[PermissionSpec, Tag(PRESENT_TAG)] | Annotated[Absent, Tag(ABSENT_TAG)]
AliasName = Annotated[
    str,
    Shape(
        "(?![0-9]+$)[A-Za-z0-9_-]{1,128}",
        "an alias name: 1 to 128 letters, digits, hyphens and underscores, and not a number alone",
        "live",
    ),
]


class FunctionSpec(Node):
    """A function. What is not stated is left alone."""

    name: str | None = None
    runtime: str | None = None
    handler: str | None = None
    role: RoleArn | None = None
    code: CodeSpec | None = None
    description: LateText | None = None
    architecture: Literal["x86_64", "arm64"] | None = None
    memory: Annotated[int, Field(ge=128, le=10240)] | None = None
    timeout: Annotated[Duration, Field(ge=1, le=900)] | None = None
    ephemeral_storage: Annotated[int, Field(ge=512, le=10240)] | None = None
    environment: dict[str, StringValue] | None = None
    layers: Annotated[tuple[LayerArn, ...], Field(max_length=5, strict=False), Distinct()] | None = None
    vpc: Annotated[VpcSpec | Off | None, NotYet()] = None
    dead_letter: Annotated[DeadLetterArn | Off | None, NotYet()] = None
    tracing: Literal["active", "pass_through"] | None = None
    kms_key: Annotated[KmsKeyArn | Off | None, NotYet()] = None
    logging: Annotated[LoggingSpec | None, NotYet()] = None
    snap_start: Annotated[Literal["published_versions"] | Off | None, NotYet()] = None
    image: Annotated[ImageSpec | None, NotYet()] = None
    publish: bool | None = None
    aliases: dict[AliasName, Annotated[PresentAlias, OrAbsent]] | None = None
    reserved_concurrency: Annotated[int, Field(ge=0)] | Off | None = None
    provisioned_concurrency: Annotated[dict[str, Annotated[int, Field(ge=1)] | Off] | None, NotYet()] = None
    event_sources: Annotated[dict[str, Annotated[PresentEventSource, OrAbsent]] | None, NotYet()] = None
    permissions: Annotated[dict[str, Annotated[PresentPermission, OrAbsent]] | None, NotYet()] = None
    url: Annotated[UrlSpec | Off | None, NotYet()] = None
    async_invoke: Annotated[AsyncInvokeSpec | Off | None, NotYet()] = None
    tags: dict[str, StringValue] | None = None
    prune: Annotated[
        tuple[Literal["tags", "aliases", "event_sources", "permissions"], ...], Field(strict=False), Distinct()
    ] = ()
    timeouts: FunctionTimeouts = FunctionTimeouts()
    gate: Annotated[Gate | None, NotYet("gate: background", lambda gate: gate == "background")] = None
    after: Names = ()
