"""The reads beyond GetFunction: one row each, with what its replies mean. Versions take two reads: see `observation`."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.kinds import alias
from orchestrator.kinds.alias import AliasLive
from orchestrator.kinds.function.images import parse
from orchestrator.kinds.function.live import Unreadable
from orchestrator.kinds.observation import Aspect, Reply

VERSIONS, ALIASES, NUMBER = "versions", "aliases", "version"
"""`version:77` asks whether there is one of that number."""
KMS, S3, S3_BYTES, IMAGE = "kms", "s3", "s3-bytes", "image"
"""`kms:ALIAS`, `s3:BUCKET/KEY@VERSION` (often no version), `image:URI`."""

LARGEST = 262_144_000
"""Bytes of a function's code unzipped (fact sheet 13): an object over that is none, and is not fetched to be measured."""
TOO_LARGE = "TooLarge"

_DENIED = ("403", "AccessDenied", "AccessDeniedException", "Forbidden")
_NO_OBJECT = ("404", "NotFound", "NoSuchKey", "NoSuchBucket", "NoSuchVersion")
_NO_IMAGE = ("ImageNotFoundException", "RepositoryNotFoundException")


def _unreadable(*codes: str) -> Mapping[str, Unreadable]:
    return {code: Unreadable(code) for code in codes}


def _by_name(function: Reply, _: str) -> Mapping[str, Any]:
    return {"FunctionName": function["Configuration"]["FunctionName"]}


def _aliases(replies: Sequence[Reply]) -> Mapping[str, AliasLive]:
    found = [alias.parsed(item) for reply in replies for item in reply.get("Aliases", ())]
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


ASPECTS: Mapping[str, Aspect] = {
    ALIASES: Aspect("ListAliases", _by_name, _aliases, service="lambda", more="NextMarker", resume="Marker"),
    KMS: Aspect(
        "DescribeKey",
        lambda _, key: {"KeyId": key},
        lambda replies: replies[0]["KeyMetadata"]["Arn"],
        _unreadable("AccessDeniedException", "NotFoundException"),
        service="kms",
    ),
    S3: Aspect("HeadObject", _object_checksum, _checksum, _unreadable(*_DENIED, *_NO_OBJECT), service="s3"),
    S3_BYTES: Aspect("GetObject", _object, _sha256, _unreadable(*_DENIED, *_NO_OBJECT), service="s3"),
    IMAGE: Aspect("DescribeImages", _image, _image_digest, _unreadable(*_DENIED, *_NO_IMAGE), service="ecr"),
}
"""What each read sends is told the reply of GetFunction."""
