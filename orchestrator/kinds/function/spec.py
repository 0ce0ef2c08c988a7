"""What a plan may say about a function and its parts: the whole of the plan language, version 1."""

from datetime import datetime
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
    MERGED,
    PRESENT_TAG,
    Absent,
    ClearedBy,
    Clears,
    Distinct,
    Duration,
    Gate,
    JsonObject,
    LateText,
    Names,
    Node,
    Off,
    OrAbsent,
    Replace,
    Shape,
    Span,
    StringMap,
    Switch,
    Tag,
)
from orchestrator.kinds.function.event_sources.live import Start

FUNCTIONS, ALIASES, EVENT_SOURCES, PERMISSIONS = "functions", "aliases", "event_sources", "permissions"
"""The sections of the plan language that the kinds of this package stand in."""

PUBLISHED = "published"
"""What an alias says that shall name the newest version."""

Texts = Annotated[tuple[LateText, ...], Field(max_length=1500, strict=False)]

Runtime = Annotated[str, Shape(r"(?!off$)[a-z][a-z0-9.]{0,62}", "the name of a runtime", "python3.13")]
Handler = Annotated[str, Shape(r"\S{1,128}", "a handler (1 to 128 characters, no space among them)", "app.handler")]
FilePath = Annotated[str, Shape(r"[\s\S]+", "a path, relative to the plan file", "build/order_events.zip")]
Description = Annotated[LateText, Shape(r"[\s\S]{0,256}", "a description (256 characters at most)", "Handles orders")]
ImageUri = Annotated[
    LateText,
    Shape(r"\S+", "the URI of an image", "123456789012.dkr.ecr.eu-west-1.amazonaws.com/order-events@sha256:…"),
]
BucketName = Annotated[
    LateText,
    Shape(
        r"(?=.{3,63}$)[0-9A-Za-z._-]*(?<![.])", "the name of a bucket (3 to 63 letters, digits, . _ and -)", "artifacts"
    ),
]
ObjectKey = Annotated[
    LateText, Shape(r"[\s\S]{1,1024}", "the key of an object (1,024 characters at most)", "order_events.zip")
]
ObjectVersion = Annotated[
    LateText, Shape(r"\S{1,1024}", "the version of an object, in quotes (1,024 characters at most)", '"3"')
]
Subnet = Annotated[LateText, Shape("subnet-[0-9a-z]+", "the id of a subnet", "subnet-0123456789abcdef0")]
SecurityGroup = Annotated[LateText, Shape("sg-[0-9a-zA-Z]+", "the id of a security group", "sg-0123456789abcdef0")]
LogGroup = Annotated[LateText, Shape("[A-Za-z0-9_./#-]{1,512}", "the name of a log group", "/aws/lambda/order-events")]
Moment = Annotated[
    str,
    Shape(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)",
        "a date and time in whole seconds with its zone",
        '"2026-11-01T00:00:00Z"',
    ),
]
Principal = Annotated[
    LateText,
    Shape(
        r"\*|[0-9]{12}|arn:aws[a-z0-9-]*:\S+|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+",
        "a service (s3.amazonaws.com), an account (12 digits), an ARN or *",
        "s3.amazonaws.com",
    ),
]
PermittedAction = Annotated[
    str, Shape(r"lambda:[*]|lambda:[a-zA-Z]+|[*]", "an action of Lambda", "lambda:InvokeFunction")
]
SourceAccount = Annotated[LateText, Shape("[0-9]{12}", "an account: 12 digits, in quotes", '"123456789012"')]
StatementId = Annotated[
    str,
    Shape(
        "[A-Za-z0-9_-]{1,100}", "the id of a statement: 1 to 100 letters, digits, hyphens and underscores", "from-s3"
    ),
]
AliasName = Annotated[
    str,
    Shape(
        "(?![0-9]+$)[A-Za-z0-9_-]{1,128}",
        "an alias name: 1 to 128 letters, digits, hyphens and underscores, and not a number alone",
        "live",
    ),
]


class S3Code(Node):
    bucket: BucketName
    key: ObjectKey
    version: ObjectVersion | None = None


class CodeSpec(Node):
    """A zip file, a directory to zip, an object in S3, or an image: one of them. Paths are relative to the plan file."""

    TEXT = "zip"

    zip: FilePath | None = None
    directory: FilePath | None = None
    exclude: Names = ()
    s3: S3Code | None = None
    image: ImageUri | None = None

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
    subnets: Annotated[tuple[Subnet, ...], Field(max_length=16, strict=False), Distinct()]
    security_groups: Annotated[tuple[SecurityGroup, ...], Field(max_length=5, strict=False), Distinct()]


class LoggingSpec(Node):
    format: Literal["json", "text"] | None = None
    level: Literal["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"] | None = None
    system_level: Literal["DEBUG", "INFO", "WARN"] | None = None
    group: LogGroup | None = None


class ImageSpec(Node):
    command: Texts | None = None
    entry_point: Texts | None = None
    working_directory: (
        Annotated[LateText, Shape(r"[\s\S]{0,1000}", "a path of 1,000 characters at most", "/")] | None
    ) = None


def _as_float(value: Any) -> Any:
    """A number of the plan as the API has it; whatever else stands there is left to be refused."""
    return float(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


Weight = Annotated[float, Field(ge=0, le=1), BeforeValidator(_as_float)]
"""The share of an alias' traffic that its second version gets."""


class AliasSpec(Node):
    """`published`, a version number, `$LATEST`, or `{version: …, weights: {"11": 0.1}}`."""

    TEXT = "version"

    version: Annotated[
        str, Shape(r"published|\$LATEST|[1-9][0-9]*", "published, a version number in quotes or $LATEST", "published")
    ]
    weights: Annotated[
        dict[
            Annotated[str, Shape("[1-9][0-9]*", "a version number", '"12"')],
            Weight,
        ],
        Field(max_length=1),
    ] = {}
    description: Annotated[Description, Clears("")] | None = None

    @classmethod
    def expected(cls) -> str:
        return "published, a version number in quotes, $LATEST, or {version: …, weights: {…}}"


class StartAt(Node):
    WORDS = (("latest", {"position": "LATEST"}), ("trim_horizon", {"position": "TRIM_HORIZON"}))
    INTERNAL = ("position",)

    position: Literal["LATEST", "TRIM_HORIZON", "AT_TIMESTAMP"] = "AT_TIMESTAMP"
    at: Moment | None = None

    @property
    def start(self) -> Start:
        """In the form of what is seen of a mapping."""
        return Start(self.position, None if self.at is None else int(datetime.fromisoformat(self.at).timestamp()))


class EventSourceSpec(Node):
    source: EventSourceArn
    alias: AliasName | None = None
    starting_position: StartAt | None = None
    batch_size: Annotated[int, Field(ge=1, le=10000)] | None = None
    batching_window: Duration | None = None
    parallelization: Annotated[int, Field(ge=1, le=10)] | None = None
    retries: Annotated[int, Field(ge=-1, le=10000)] | None = None
    max_record_age: Duration | Off | None = None
    bisect_on_error: Switch | None = None
    on_failure: DestinationArn | Off | None = None
    filter: Annotated[tuple[JsonObject, ...], Field(strict=False), ClearedBy("[]")] | None = None
    report_batch_item_failures: Switch | None = None
    enabled: Switch | None = None
    replace: Replace = "refuse"


class AbsentEventSource(Absent):
    """Lambda keeps no names of event source mappings: which one shall go is told by its source and alias."""

    source: EventSourceArn | None = None
    alias: AliasName | None = None


class PermissionSpec(Node):
    principal: Principal
    action: PermittedAction = "lambda:InvokeFunction"
    source_arn: SourceArn | None = None
    source_account: SourceAccount | None = None
    alias: AliasName | None = None


Header = Annotated[LateText, Shape(".{0,1024}", "the name of a header (1,024 characters at most)", "x-request-id")]
Method = Annotated[
    LateText,
    Shape(r"\*|[A-Za-z]{1,6}", "a method of 6 letters at most, or *; Lambda answers those of OPTIONS itself", "GET"),
]
Origin = Annotated[LateText, Shape(".{1,253}", "an origin (1 to 253 characters), or *", "https://www.example.com")]
Headers = Annotated[tuple[Header, ...], Field(max_length=100, strict=False), Distinct()]


class CorsSpec(Node):
    """Its limits are those of the service's model (botocore, Cors)."""

    allow_credentials: Switch | None = None
    allow_headers: Headers | None = None
    allow_methods: Annotated[tuple[Method, ...], Field(max_length=6, strict=False), Distinct()] | None = None
    allow_origins: Annotated[tuple[Origin, ...], Field(max_length=100, strict=False), Distinct()] | None = None
    expose_headers: Headers | None = None
    max_age: Duration | None = None


class UrlSpec(Node):
    auth: Literal["aws_iam", "none"]
    cors: CorsSpec | None = None
    invoke_mode: Literal["buffered", "response_stream"] | None = None
    alias: AliasName | None = None


class AsyncInvokeSpec(Node):
    retries: Annotated[int, Field(ge=0, le=2)] | None = None
    max_age: Duration | None = None
    on_success: DestinationArn | Off | None = None
    on_failure: DestinationArn | Off | None = None


class FunctionTimeouts(Node):
    create: Span | None = None
    update: Span | None = None
    delete: Span | None = None


PresentAlias = Annotated[AliasSpec, Tag(PRESENT_TAG)] | Annotated[Absent, Tag(ABSENT_TAG)]
PresentEventSource = Annotated[EventSourceSpec, Tag(PRESENT_TAG)] | Annotated[AbsentEventSource, Tag(ABSENT_TAG)]
PresentPermission = Annotated[PermissionSpec, Tag(PRESENT_TAG)] | Annotated[Absent, Tag(ABSENT_TAG)]


class FunctionSpec(Node):
    """A function. What is not stated is left alone."""

    name: str | None = None
    runtime: Runtime | None = None
    handler: Handler | None = None
    role: RoleArn | None = None
    code: CodeSpec | None = None
    description: Annotated[Description, Clears("")] | None = None
    architecture: Literal["x86_64", "arm64"] | None = None
    memory: Annotated[int, Field(ge=128, le=10240)] | None = None
    timeout: Annotated[Span, Field(le=900)] | None = None
    ephemeral_storage: Annotated[int, Field(ge=512, le=10240)] | None = None
    environment: StringMap | None = None
    layers: Annotated[tuple[LayerArn, ...], Field(max_length=5, strict=False), Distinct(), ClearedBy("[]")] | None = (
        None
    )
    vpc: VpcSpec | Off | None = None
    dead_letter: DeadLetterArn | Off | None = None
    tracing: Annotated[Literal["active", "pass_through", "off"], Clears("pass_through")] | None = None
    kms_key: KmsKeyArn | Off | None = None
    logging: Annotated[LoggingSpec, ClearedBy("{}")] | None = None
    snap_start: Literal["published_versions"] | Off | None = None
    image: Annotated[ImageSpec, ClearedBy("{}")] | None = None
    publish: Switch | None = None
    aliases: Annotated[dict[AliasName, Annotated[PresentAlias, OrAbsent]] | None, MERGED] = None
    reserved_concurrency: Annotated[int, Field(ge=0)] | Off | None = None
    provisioned_concurrency: Annotated[dict[AliasName, Annotated[int, Field(ge=1)] | Off] | None, MERGED] = None
    event_sources: Annotated[dict[str, Annotated[PresentEventSource, OrAbsent, MERGED]] | None, MERGED] = None
    permissions: Annotated[dict[StatementId, Annotated[PresentPermission, OrAbsent]] | None, MERGED] = None
    url: Annotated[UrlSpec | Off | None, MERGED] = None
    async_invoke: Annotated[AsyncInvokeSpec | Off | None, MERGED] = None
    tags: Annotated[StringMap | None, MERGED] = None
    prune: Annotated[
        tuple[Literal["tags", "aliases", "event_sources", "permissions"], ...], Field(strict=False), Distinct()
    ] = ()
    timeouts: Annotated[FunctionTimeouts, MERGED] = FunctionTimeouts()
    gate: Gate | None = None
    after: Names = ()
