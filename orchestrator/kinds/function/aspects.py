"""The reads beyond GetFunction: one row each, with what its replies mean. Versions take two reads: see `observation`."""

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from orchestrator.kinds import kms
from orchestrator.kinds.fields import OFF
from orchestrator.kinds.function import account
from orchestrator.kinds.function.aliases import live as aliases
from orchestrator.kinds.function.aliases.live import AliasLive
from orchestrator.kinds.function.event_sources import live as event_sources
from orchestrator.kinds.function.event_sources.live import MappingLive
from orchestrator.kinds.function.images import parse
from orchestrator.kinds.function.lanes import LATEST
from orchestrator.kinds.function.live import VersionLive, version
from orchestrator.kinds.function.permissions import live as permissions
from orchestrator.kinds.observation import Aspect, Reply, Unreadable, unreadable

VERSIONS, ALIASES, VERSION = "versions", "aliases", "version"
"""`version:77` is the one of that number, if there is one: the state of each that an alias comes to, and what it holds."""
S3, S3_BYTES, S3_THERE, IMAGE = "s3", "s3-bytes", "s3-there", "image"
"""`s3:BUCKET/KEY@VERSION` (often no version), `image:URI`. `s3-there` tells of a function that is yet to be made why its object
can't be had, None where it can."""

LARGEST = 262_144_000
"""Bytes of a function's code unzipped (fact sheet 13): an object over that is none, and is not fetched to be measured."""
TOO_LARGE = "TooLarge"

_DENIED = ("403", "AccessDenied", "AccessDeniedException", "Forbidden")
_NO_OBJECT = ("404", "NotFound", "NoSuchKey", "NoSuchBucket", "NoSuchVersion")
_NO_IMAGE = ("ImageNotFoundException", "RepositoryNotFoundException")


EVENT_SOURCES, EVENT_SOURCE, EVERY_EVENT_SOURCE = "event_sources", "event_source", "every_event_source"
LEFT_EVENT_SOURCE = "left_event_source"
"""`event_sources:live` are the mappings of that alias (`$LATEST`: of the function as such); `event_source:UUID` is one.
`every_event_source` is the account's whole list: there alone show those of a version, or of an alias that is gone. It and
`left_event_source:UUID`, which is that one, are read of a function that is gone too: mappings outlive it."""
SNAPSHOTS = "snapshots"
"""`snapshots:12` is whether that version has SnapStart, `snapshots:live` that of the alias; without an argument it is read of
every version that an alias shall name by number, where anything has provisioned concurrency."""
POLICY = "policy"
"""`policy:live` is that of the alias (`$LATEST`: of the function as such), without an argument those of the function and of
every alias that is there."""
URLS, ASYNC_INVOKE = "urls", "async_invoke"
INVOKE_CONFIG = "invoke_config"
"""`invoke_config:live` is how that alias is invoked asynchronously; without an argument also each other alias' own."""
PROVISIONED, ALL_PROVISIONED = "provisioned", "all_provisioned"
"""`provisioned:live` is that of the alias."""

ACCOUNT = "account"
"""How many executions the account has, and how many of them nobody has reserved."""

OUTLIVING = (EVERY_EVENT_SOURCE, LEFT_EVENT_SOURCE)
"""The reads that tell of what outlived a function that is gone."""
WITHOUT = (*OUTLIVING, ACCOUNT, S3_THERE)
"""All reads that tell something where there is no function."""
OF_EACH_ALIAS = (POLICY, INVOKE_CONFIG)
"""The reads that without an argument stand for one of the function and one of each alias."""

GONE = "ResourceNotFoundException"


def of_each(reads: Iterable[str], aliases: Iterable[str]) -> frozenset[str]:
    """The reads with those that stand for one of each alias written out."""
    there = (LATEST, *aliases)
    return frozenset(
        one for read in reads for one in ([f"{read}:{name}" for name in there] if read in OF_EACH_ALIAS else [read])
    )


def _name(function: Reply) -> str:
    name: str = function["Configuration"]["FunctionName"]
    return name


def _by_name(function: Reply, _: str) -> Mapping[str, Any]:
    return {"FunctionName": _name(function)}


def _by_alias(function: Reply, name: str) -> Mapping[str, Any]:
    return {"FunctionName": _name(function), **({} if name == LATEST else {"Qualifier": name})}


def _by_alias_arn(function: Reply, name: str) -> Mapping[str, Any]:
    """Where there is no Qualifier, the ARN holds the alias."""
    arn = function["Configuration"]["FunctionArn"]
    return {"FunctionName": _name(function) if name == LATEST else f"{arn}:{name}"}


def _by_uuid(_: Reply, uuid: str) -> Mapping[str, Any]:
    return {"UUID": uuid}


def _all(_: Reply, __: str) -> Mapping[str, Any]:
    return {}


def _aliases(replies: Sequence[Reply]) -> Mapping[str, AliasLive]:
    found = [aliases.parsed(item) for reply in replies for item in reply.get("Aliases", ())]
    return {one.name: one for one in sorted(found, key=lambda one: one.name)}


def _object(_: Reply, argument: str) -> Mapping[str, Any]:
    place, version = argument.rsplit("@", 1)
    bucket, key = place.split("/", 1)
    return {"Bucket": bucket, "Key": key, **({"VersionId": version} if version else {})}


def _object_checksum(function: Reply, argument: str) -> Mapping[str, Any]:
    return {**_object(function, argument), "ChecksumMode": "ENABLED"}


def _checksum(replies: Sequence[Reply]) -> str | Unreadable | None:
    """The SHA-256 of the object's bytes, as CodeSha256 has it; None where S3 keeps none.

    One of an upload in parts is made of the parts' own and says nothing of the bytes, and neither does an ETag.
    """
    told = replies[0]
    if told.get("ContentLength", 0) > LARGEST:
        return Unreadable(TOO_LARGE)
    return told.get("ChecksumSHA256") if told.get("ChecksumType") == "FULL_OBJECT" else None


def _had(replies: Sequence[Reply]) -> Unreadable | None:
    return Unreadable(TOO_LARGE) if replies[0].get("ContentLength", 0) > LARGEST else None


def _account(replies: Sequence[Reply]) -> account.Account | None:
    return account.parsed(replies[0])


def _sha256(replies: Sequence[Reply]) -> str:
    return base64.b64encode(hashlib.sha256(replies[0]["Body"]).digest()).decode()


def _image(_: Reply, uri: str) -> Mapping[str, Any]:
    image = parse(uri)
    assert image is not None  # the declaration's rules see to it
    where = {"registryId": image.registry, "repositoryName": image.repository}
    return {**where, "imageIds": [{"imageTag": image.tag}]}


def _image_digest(replies: Sequence[Reply]) -> str | Unreadable:
    found = [detail["imageDigest"] for detail in replies[0].get("imageDetails", ())]
    return str(found[0]).removeprefix("sha256:") if found else Unreadable(_NO_IMAGE[0])


def _mappings(replies: Sequence[Reply]) -> tuple[MappingLive, ...]:
    return tuple(event_sources.parsed(item) for item in _items("EventSourceMappings")(replies))


def _mapping(replies: Sequence[Reply]) -> MappingLive:
    return event_sources.parsed(replies[0])


def _policy(replies: Sequence[Reply]) -> Mapping[str, permissions.Statement]:
    return permissions.parsed(replies[0]["Policy"])


def _items(member: str) -> Callable[[Sequence[Reply]], tuple[Reply, ...]]:
    return lambda replies: tuple(item for reply in replies for item in reply.get(member) or ())


def _version(replies: Sequence[Reply]) -> VersionLive:
    return version(replies[0])


def _snapshots(replies: Sequence[Reply]) -> str:
    return _version(replies).content.snap_start


def _first(replies: Sequence[Reply]) -> Reply:
    return replies[0]


def _listing(
    operation: str,
    value: Callable[[Sequence[Reply]], Any],
    request: Callable[[Reply, str], Mapping[str, Any]] = _by_name,
    excused: Mapping[str, Any] | None = None,
) -> Aspect:
    return Aspect(operation, request, value, excused or {}, service="lambda", more="NextMarker", resume="Marker")


def _single(operation: str, request: Callable[[Reply, str], Mapping[str, Any]], value: Any, excused: Any) -> Aspect:
    return Aspect(operation, request, value, excused, service="lambda")


NO_PROVISION = "ProvisionedConcurrencyConfigNotFoundException"

# An alias that a plan names may be yet to be made: what it has then is nothing.
ASPECTS: Mapping[str, Aspect] = {
    ALIASES: _listing("ListAliases", _aliases),
    VERSION: _single("GetFunction", _by_alias, _version, {GONE: None}),
    SNAPSHOTS: _single("GetFunction", _by_alias, _snapshots, {GONE: OFF}),
    EVENT_SOURCES: _listing("ListEventSourceMappings", _mappings, _by_alias_arn, {GONE: ()}),
    EVERY_EVENT_SOURCE: replace(_listing("ListEventSourceMappings", _mappings, _all), common=True),
    EVENT_SOURCE: _single("GetEventSourceMapping", _by_uuid, _mapping, {GONE: None}),
    LEFT_EVENT_SOURCE: _single("GetEventSourceMapping", _by_uuid, _mapping, {GONE: None}),
    POLICY: _single("GetPolicy", _by_alias, _policy, {GONE: {}}),
    URLS: _listing("ListFunctionUrlConfigs", _items("FunctionUrlConfigs")),
    ASYNC_INVOKE: _single("GetFunctionEventInvokeConfig", _by_name, _first, {GONE: {}}),
    INVOKE_CONFIG: _single("GetFunctionEventInvokeConfig", _by_alias, _first, {GONE: {}}),
    PROVISIONED: _single("GetProvisionedConcurrencyConfig", _by_alias, _first, {NO_PROVISION: None, GONE: None}),
    ALL_PROVISIONED: _listing("ListProvisionedConcurrencyConfigs", _items("ProvisionedConcurrencyConfigs")),
    ACCOUNT: replace(_single("GetAccountSettings", _all, _account, dict.fromkeys(_DENIED)), common=True),
    kms.KMS: kms.ASPECT,
    S3: Aspect("HeadObject", _object_checksum, _checksum, unreadable(*_DENIED, *_NO_OBJECT), service="s3"),
    S3_THERE: Aspect("HeadObject", _object, _had, unreadable(*_DENIED, *_NO_OBJECT), service="s3"),
    S3_BYTES: Aspect("GetObject", _object, _sha256, unreadable(*_DENIED, *_NO_OBJECT), service="s3"),
    IMAGE: Aspect("DescribeImages", _image, _image_digest, unreadable(*_DENIED, *_NO_IMAGE), service="ecr"),
}
"""What each read sends is told the reply of GetFunction."""
