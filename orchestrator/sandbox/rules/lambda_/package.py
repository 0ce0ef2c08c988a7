"""A function's code: the zip, the object in S3 or the image that a request carries, and what Lambda refuses about it."""

import base64
import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.sandbox.rules.refusal import Refusal

ZIPPED, UNZIPPED = 52_428_800, 262_144_000
"""Bytes (fact sheet 13)."""

Fetch = Callable[[str, str, str | None], bytes | None]
"""Bucket, key and version of an S3 object to its bytes; None where there is none."""


@dataclass(frozen=True, slots=True)
class Package:
    """What was uploaded: CodeSha256 (base64 for a zip, hex for an image), size in bytes, and the image's URI if it is one."""

    sha256: str
    size: int
    image: str | None = None


def package(code: Mapping[str, Any], package_type: str, fetch: Fetch | None) -> Package:
    """The package that a request carries or points to. Raises Refusal.

    An S3 object is read through `fetch`; without one the digest stands for bucket, key and version.
    """
    if package_type == "Image":
        return _image(code)
    if code.get("ImageUri"):
        raise Refusal(
            "InvalidParameterValueException",
            "Please don't provide ImageUri when updating a function with packageType Zip.",
        )
    if code.get("ZipFile") is not None:
        return _zip(code["ZipFile"])
    if code.get("S3Bucket") and code.get("S3Key"):
        return _from_s3(code["S3Bucket"], code["S3Key"], code.get("S3ObjectVersion"), fetch)
    raise Refusal("InvalidParameterValueException", "Please provide a source for function code.")


def _image(code: Mapping[str, Any]) -> Package:
    uri = code.get("ImageUri")
    if not uri:
        raise Refusal(
            "InvalidParameterValueException",
            "Please provide ImageUri when updating a function with packageType Image.",
        )
    _, pinned, digest = uri.partition("@sha256:")
    return Package(digest if pinned else hashlib.sha256(uri.encode()).hexdigest(), 0, uri)


def _zip(data: bytes) -> Package:
    if len(data) > ZIPPED:
        raise Refusal("RequestEntityTooLargeException", f"Zipped size must be smaller than {ZIPPED} bytes", 413)
    return Package(_unzipped(data), len(data))


def _from_s3(bucket: str, key: str, version: str | None, fetch: Fetch | None) -> Package:
    if fetch is None:
        return Package(_digest("/".join((bucket, key, version or "")).encode()), 0)
    data = fetch(bucket, key, version)
    if data is None:
        raise Refusal(
            "InvalidParameterValueException",
            "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.",
        )
    return Package(_unzipped(data), len(data))


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
