"""A function as an observation saw it, in the plan language's forms. Replies of Lambda enter through `parsed`.

Values of environment variables are hidden from here on. The presigned URL in GetFunction's `Code` is never kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from orchestrator.kinds.fields import OFF
from orchestrator.kinds.function.account import Account
from orchestrator.kinds.function.aliases.live import AliasLive
from orchestrator.kinds.function.attached import Attached
from orchestrator.kinds.kms import Keys
from orchestrator.kinds.observation import Unreadable
from orchestrator.model import UNREAD, Text, Unread, hide

Reply = Mapping[str, Any]

TRACING = {"Active": "active", "PassThrough": "pass_through"}
LOG_FORMATS = {"Text": "text", "JSON": "json"}
SNAPSHOTS = {"None": OFF, "PublishedVersions": "published_versions"}
IMAGE_MEMBERS = {"command": "Command", "entry_point": "EntryPoint", "working_directory": "WorkingDirectory"}
"""The API's words and the plan language's."""
LEVEL = "INFO"
"""Both log levels where JSON is all that was said (Lambda API reference, LoggingConfig)."""


def default_group(function: str) -> str:
    """The log group that a function has by itself."""
    return f"/aws/lambda/{function}"


@dataclass(frozen=True, slots=True)
class Status:
    """State and LastUpdateStatus (`update`, None while Lambda leaves it out), each with reason and code."""

    state: str
    reason: str = ""
    code: str = ""
    update: str | None = None
    update_reason: str = ""
    update_code: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """What a version freezes, its description apart: code and configuration. Equal contents need no second version.

    `memory` and `ephemeral_storage` are in MB, `timeout` in seconds, `code` is the CodeSha256. `vpc` and `logging` are whole
    values in the plan's words, `vpc` with sorted ids; `dual_stack` is what a plan can't say of it. `others` holds the API's
    members that this release does not manage, without those that have their default.
    """

    code: str
    package_type: str
    architecture: str
    runtime: str | None
    handler: str | None
    role: str
    memory: int
    timeout: int
    ephemeral_storage: int
    tracing: str
    environment: Mapping[str, Text] | Unreadable
    layers: tuple[str, ...]
    vpc: Mapping[str, Any] | str
    dual_stack: bool
    dead_letter: str
    kms_key: str
    logging: Mapping[str, Any]
    snap_start: str
    image: Mapping[str, Any] | Unreadable
    others: Mapping[str, Any] = field(default_factory=dict)

    def differs_in(self, other: "Content") -> tuple[str, ...]:
        """The names of the fields in which two contents differ."""
        return tuple(one.name for one in fields(self) if getattr(self, one.name) != getattr(other, one.name))


@dataclass(frozen=True, slots=True)
class VersionLive:
    """A numbered version."""

    number: str
    status: Status
    content: Content


@dataclass(frozen=True, slots=True)
class FunctionLive:
    """A function: $LATEST, and what hangs on the function as a whole.

    `reserved_concurrency` None is unreserved. `newest` is the version of the highest number, None where there is none;
    `numbers` are those of all versions, the highest first; `named` are those that aliases shall name by number, None where there
    is none of that number. `packages` are the digests of objects and images that the plan
    names, `kms_keys` the ARNs of KMS keys, both by what they were asked for. `attached` is what hangs on the function.
    `account` is what was read of the account, None where that was not, or may not be.
    `revision` changes with each update and again when one settles (fact sheet 11.5), so that an update which fails just as
    the one before it is told from that one.
    """

    name: str
    arn: str
    status: Status
    content: Content
    description: str = ""
    revision: str = ""
    tags: Mapping[str, str] | Unreadable = field(default_factory=dict)
    reserved_concurrency: int | None = None
    newest: VersionLive | Unread | None = UNREAD
    aliases: Mapping[str, AliasLive] | Unread = UNREAD
    numbers: tuple[str, ...] | Unread = UNREAD
    named: Mapping[str, VersionLive | None] = field(default_factory=dict)
    attached: Attached = field(default_factory=Attached)
    packages: Mapping[str, str | Unreadable] = field(default_factory=dict)
    kms_keys: Keys = field(default_factory=dict)
    account: Account | None = None

    @property
    def deleting(self) -> bool:
        """On its way out: some functions take their time (fact sheet 11.2)."""
        return self.status.state == "Deleting"

    @property
    def version(self) -> str | None:
        """The number of the newest version; None where there is none, or versions were not read."""
        return self.newest.number if isinstance(self.newest, VersionLive) else None

    def numbered(self, number: str) -> VersionLive | None:
        """The version of that number, where it was read and is there."""
        if isinstance(self.newest, VersionLive) and self.newest.number == number:
            return self.newest
        return self.named.get(number)

    @property
    def published(self) -> bool:
        """Whether the newest version holds what $LATEST holds."""
        return isinstance(self.newest, VersionLive) and self.newest.content == self.content


def parsed(
    reply: Reply,
    newest: VersionLive | Unread | None = UNREAD,
    aliases: Mapping[str, AliasLive] | Unread = UNREAD,
    numbers: tuple[str, ...] | Unread = UNREAD,
    attached: Attached | None = None,
) -> FunctionLive:
    """A FunctionLive from GetFunction's reply and what else was read."""
    configuration = reply["Configuration"]
    return FunctionLive(
        name=configuration["FunctionName"],
        arn=configuration["FunctionArn"],
        status=_status(configuration),
        content=_content(configuration),
        description=configuration.get("Description", ""),
        revision=configuration.get("RevisionId") or configuration.get("LastModified", ""),
        tags=Unreadable(_code(reply["TagsError"])) if reply.get("TagsError") else dict(reply.get("Tags") or {}),
        reserved_concurrency=reply.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
        newest=newest,
        aliases=aliases,
        numbers=numbers,
        attached=attached or Attached(),
    )


def version(reply: Reply) -> VersionLive:
    """A VersionLive from the reply of GetFunction with a Qualifier."""
    configuration = reply["Configuration"]
    return VersionLive(configuration["Version"], _status(configuration), _content(configuration))


def _status(configuration: Reply) -> Status:
    return Status(
        state=configuration.get("State", ""),
        reason=configuration.get("StateReason", ""),
        code=configuration.get("StateReasonCode", ""),
        update=configuration.get("LastUpdateStatus"),
        update_reason=configuration.get("LastUpdateStatusReason", ""),
        update_code=configuration.get("LastUpdateStatusReasonCode", ""),
    )


def _content(configuration: Reply) -> Content:
    """What is left out has its default (fact sheet 14.2, rule 15)."""
    tracing = configuration.get("TracingConfig", {}).get("Mode", "PassThrough")
    return Content(
        code=configuration.get("CodeSha256", ""),
        package_type=configuration.get("PackageType", "Zip"),
        architecture=(configuration.get("Architectures") or ["x86_64"])[0],
        runtime=configuration.get("Runtime"),
        handler=configuration.get("Handler"),
        role=configuration.get("Role", ""),
        memory=configuration.get("MemorySize", 128),
        timeout=configuration.get("Timeout", 3),
        ephemeral_storage=configuration.get("EphemeralStorage", {}).get("Size", 512),
        tracing=TRACING.get(tracing, tracing),
        environment=_environment(configuration.get("Environment") or {}),
        layers=tuple(layer["Arn"] for layer in configuration.get("Layers") or ()),
        vpc=_vpc(configuration),
        dual_stack=bool((configuration.get("VpcConfig") or {}).get("Ipv6AllowedForDualStack")),
        dead_letter=configuration.get("DeadLetterConfig", {}).get("TargetArn") or OFF,
        kms_key=configuration.get("KMSKeyArn") or OFF,
        logging=_logging(configuration),
        snap_start=_snap_start(configuration),
        image=_image(configuration),
        others=_others(configuration),
    )


def _environment(environment: Reply) -> Mapping[str, Text] | Unreadable:
    """Lambda leaves the variables out where the caller may not decrypt them."""
    if environment.get("Error"):
        return Unreadable(_code(environment["Error"]))
    return {name: hide(value) for name, value in (environment.get("Variables") or {}).items()}


def _code(error: Reply) -> str:
    return str(error.get("ErrorCode") or "unknown")


def _vpc(configuration: Reply) -> Mapping[str, Any] | str:
    """VpcId is Lambda's own addition (fact sheet 14.2, rule 15); a detached function may still show empty lists."""
    vpc = configuration.get("VpcConfig") or {}
    if not vpc.get("SubnetIds"):
        return OFF
    return {"subnets": sorted(vpc["SubnetIds"]), "security_groups": sorted(vpc.get("SecurityGroupIds") or ())}


def _logging(configuration: Reply) -> Mapping[str, Any]:
    told = configuration.get("LoggingConfig") or {}
    logs = told.get("LogFormat", "Text")
    levels = {"level": told.get("ApplicationLogLevel", LEVEL), "system_level": told.get("SystemLogLevel", LEVEL)}
    return {
        "format": LOG_FORMATS.get(logs, logs),
        **(levels if logs == "JSON" else {}),
        "group": told.get("LogGroup") or default_group(configuration["FunctionName"]),
    }


def _snap_start(configuration: Reply) -> str:
    applied: str = configuration.get("SnapStart", {}).get("ApplyOn", "None")
    return SNAPSHOTS.get(applied, applied)


def _image(configuration: Reply) -> Mapping[str, Any] | Unreadable:
    """How the image is run, where that is not as the image itself says."""
    response = configuration.get("ImageConfigResponse") or {}
    if response.get("Error"):
        return Unreadable(_code(response["Error"]))
    told = response.get("ImageConfig") or {}
    return {name: told[member] for name, member in IMAGE_MEMBERS.items() if told.get(member)}


def _others(configuration: Reply) -> Mapping[str, Any]:
    files = configuration.get("FileSystemConfigs")
    return {"FileSystemConfigs": files} if files else {}
