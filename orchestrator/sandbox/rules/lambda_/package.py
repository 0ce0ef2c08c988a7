"""A function's code: the zip, the object in S3 or the image that a request carries, and what Lambda refuses about it."""

import base64
import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.sandbox.rules.images import parse
from orchestrator.sandbox.rules.refusal import Refusal

ZIPPED, UNZIPPED = 52_428_800, 262_144_000
"""Bytes (fact sheet 13)."""

Resolve = Callable[[str], str | None]
"""An image's URI to the digest that it names now (`sha256:…`); None where no such image is to be seen."""


@dataclass(frozen=True, slots=True)
class Package:
    """What was uploaded: CodeSha256 (base64 for a zip, hex for an image) and size in bytes.

    Of an image also its URI as it was given, and with the digest in place of the tag: that is looked up only once
    (fact sheet 11.6).
    """

    sha256: str
    size: int
    image: str | None = None
    resolved: str | None = None


Fetch = Callable[[str, str, str | None], bytes | Package]
"""Bucket, key and version of an S3 object to its bytes, or to what they make where only that is known of them.

Raises Refusal with S3's own code and message.
"""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where code comes from that a request only points to."""

    fetch: Fetch
    resolve: Resolve


def package(code: Mapping[str, Any], package_type: str, sources: Sources | None) -> Package:
    """The package that a request carries or points to. Raises Refusal.

    Without `sources` the digest stands for the place: bucket, key and version, or the image's URI.
    """
    if package_type == "Image":
        return _image(code, sources)
    if code.get("ImageUri"):
        raise Refusal(
            "InvalidParameterValueException",
            "Please don't provide ImageUri when updating a function with packageType Zip.",
        )
    if code.get("ZipFile") is not None:
        return _zip(code["ZipFile"])
    if code.get("S3Bucket") and code.get("S3Key"):
        return _from_s3(code["S3Bucket"], code["S3Key"], code.get("S3ObjectVersion"), sources)
    raise Refusal("InvalidParameterValueException", "Please provide a source for function code.")


def _image(code: Mapping[str, Any], sources: Sources | None) -> Package:
    uri = code.get("ImageUri")
    if not uri:
        raise Refusal(
            "InvalidParameterValueException",
            "Please provide ImageUri when updating a function with packageType Image.",
        )
    digest = sources.resolve(uri) if sources else _named(uri)
    name = parse(uri)
    if digest is None or name is None:
        raise Refusal(
            "InvalidParameterValueException", f"Source image {uri} is not valid. Provide a valid source image."
        )
    repository = uri[: uri.index(name.repository) + len(name.repository)]
    return Package(digest.removeprefix("sha256:"), 0, uri, f"{repository}@{digest}")


def _named(uri: str) -> str:
    """A digest that stands for a tag."""
    _, pinned, digest = uri.partition("@sha256:")
    return f"sha256:{digest if pinned else hashlib.sha256(uri.encode()).hexdigest()}"


def _zip(data: bytes) -> Package:
    if len(data) > ZIPPED:
        raise Refusal("RequestEntityTooLargeException", f"Zipped size must be smaller than {ZIPPED} bytes", 413)
    return Package(_unzipped(data), len(data))


def _from_s3(bucket: str, key: str, version: str | None, sources: Sources | None) -> Package:
    """Lambda reads with the caller's permissions, and says in S3's words why it could not (fact sheet 13)."""
    if sources is None:
        return Package(_digest("/".join((bucket, key, version or "")).encode()), 0)
    try:
        data = sources.fetch(bucket, key, version)
    except Refusal as refusal:
        told = f"S3 Error Code: {refusal.code}. S3 Error Message: {refusal.message}"
        if refusal.code == "AccessDenied":
            raise Refusal(
                "AccessDeniedException",
                "Your access has been denied by S3, please make sure your request credentials have permission to GetObject "
                f"for {bucket}/{key}. {told}",
                403,
            ) from refusal
        raise Refusal("InvalidParameterValueException", f"Error occurred while GetObject. {told}") from refusal
    return data if isinstance(data, Package) else Package(_unzipped(data), len(data))


def _unzipped(data: bytes) -> str:
    """The digest of a zip that can be opened and is not too large inside (fact sheet 13)."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise Refusal(
            "InvalidParameterValueException",
            "Could not unzip uploaded file. Please check your file, then try to upload again.",
        ) from error
    if size > UNZIPPED:
        raise Refusal("InvalidParameterValueException", f"Unzipped size must be smaller than {UNZIPPED} bytes")
    return _digest(data)


def _digest(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()
