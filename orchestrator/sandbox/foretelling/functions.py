"""Plants functions in the rules: $LATEST, the versions that were read, aliases. What hangs on them is in `attachments`.

A version that nobody read holds what $LATEST holds: the rules must know that it is there, and nobody asks what is in it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.kinds.fields import OFF
from orchestrator.kinds.function.aliases.live import AliasLive
from orchestrator.kinds.function.live import (
    IMAGE_MEMBERS,
    LOG_FORMATS,
    SNAPSHOTS,
    TRACING,
    Content,
    FunctionLive,
    Status,
    VersionLive,
)
from orchestrator.kinds.function.seen import Seen, here
from orchestrator.model import reveal
from orchestrator.sandbox.foretelling import attachments
from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.lambda_ import function as kept
from orchestrator.sandbox.rules.lambda_ import settings
from orchestrator.sandbox.rules.lambda_.names import LATEST
from orchestrator.sandbox.rules.lambda_.package import Package


def plant(account: Account, seen: Seen, now: float) -> None:
    """Let the account have the function as it was seen."""
    live = here(seen)
    if live is None:
        return
    latest = _kept(live, live.content, live.description)
    function = kept.Function(
        ground=account.ground,
        name=live.name,
        package_type=live.content.package_type,
        latest=kept.Version(LATEST, latest, _status(live.status), live.revision, now),
        created=now,
        tags=dict(live.tags) if isinstance(live.tags, Mapping) else {},
        reserved=live.reserved_concurrency,
    )
    for number in sorted(_numbers(live), key=int):
        function.versions[number] = _version(live, number, latest, now)
    if live.version is not None:
        content = latest if live.published else function.versions[live.version].content
        function.published = (live.version, content)
    for alias in _aliases(live).values():
        revision = function.revise()
        function.aliases[alias.name] = kept.Alias(
            alias.name, alias.version, revision, alias.description, dict(alias.weights)
        )
    attachments.plant(function, live, now)
    account.lambda_.keep(function, max(map(int, function.versions), default=0))


def _aliases(live: FunctionLive) -> Mapping[str, AliasLive]:
    return live.aliases if isinstance(live.aliases, Mapping) else {}


def _numbers(live: FunctionLive) -> set[str]:
    """Of every version that there must be."""
    named = {number for number, version in live.named.items() if version is not None}
    listed = set(live.numbers) if isinstance(live.numbers, tuple) else set[str]()
    newest = {live.version} if live.version is not None else set[str]()
    aliased = {number for alias in _aliases(live).values() for number in (alias.version, *alias.weights)}
    return {number for number in named | listed | newest | aliased if number.isdecimal()}


def _version(live: FunctionLive, number: str, latest: kept.Content, now: float) -> kept.Version:
    seen: VersionLive | None = live.numbered(number)
    if seen is None:
        return kept.Version(number, latest, kept.ACTIVE, "", now)
    content = latest if seen.content == live.content else _kept(live, seen.content, "")
    return kept.Version(number, content, _status(seen.status), "", now)


def _status(status: Status) -> kept.Status:
    return kept.Status(
        status.state,
        status.reason or None,
        status.code or None,
        status.update,
        status.update_reason or None,
        status.update_code or None,
    )


def _kept(live: FunctionLive, content: Content, description: str) -> kept.Content:
    """Of an image the digest alone is seen: a repository of its own stands for where it is."""
    image = f"{live.name.lower()}@sha256:{content.code}" if content.package_type == "Image" else None
    package = Package(content.code, 0, image, image)
    stated = settings.stated({**dict(_stated(content)), "Description": description})
    return kept.Content(package, (content.architecture,), {**settings.fresh(), **stated})


def _stated(content: Content) -> Iterator[tuple[str, Any]]:
    """The members of UpdateFunctionConfiguration that make a function such."""
    yield from (("Runtime", content.runtime), ("Handler", content.handler), ("Role", content.role))
    yield from (("MemorySize", content.memory), ("Timeout", content.timeout))
    yield "EphemeralStorage", {"Size": content.ephemeral_storage}
    yield "TracingConfig", {"Mode": _member(TRACING, content.tracing)}
    if isinstance(content.environment, Mapping) and content.environment:
        yield "Environment", {"Variables": reveal(content.environment)}
    yield "Layers", list(content.layers)
    if isinstance(content.vpc, Mapping):
        yield (
            "VpcConfig",
            {
                "SubnetIds": content.vpc["subnets"],
                "SecurityGroupIds": content.vpc["security_groups"],
                "Ipv6AllowedForDualStack": content.dual_stack,
            },
        )
    yield "DeadLetterConfig", {"TargetArn": _arn(content.dead_letter)}
    yield "KMSKeyArn", _arn(content.kms_key)
    yield "LoggingConfig", _logging(content.logging)
    yield "SnapStart", {"ApplyOn": _member(SNAPSHOTS, content.snap_start)}
    if isinstance(content.image, Mapping):
        yield "ImageConfig", {IMAGE_MEMBERS[name]: value for name, value in content.image.items()}
    yield from content.others.items()


def _arn(value: str) -> str:
    """Empty where there is none."""
    return "" if value == OFF else value


def _member(words: Mapping[str, str], word: str) -> str:
    """The API's word for one of the plan language; an unknown one is the API's own."""
    return next((member for member, told in words.items() if told == word), word)


def _logging(logging: Mapping[str, Any]) -> Mapping[str, Any]:
    levels = {"ApplicationLogLevel": logging.get("level"), "SystemLogLevel": logging.get("system_level")}
    return {
        "LogFormat": _member(LOG_FORMATS, logging["format"]),
        "LogGroup": logging["group"],
        **{member: level for member, level in levels.items() if level is not None},
    }
