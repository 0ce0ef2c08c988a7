"""S3, as far as a schema change reads it: the objects that functions are made of, and what their checksums are."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.sandbox.rules.constraints import complaint
from orchestrator.sandbox.rules.ground import Ground
from orchestrator.sandbox.rules.refusal import Refusal

FULL_OBJECT = "FULL_OBJECT"
"""The checksum of the bytes themselves; any other type is made of the checksums of parts."""


@dataclass(frozen=True, slots=True)
class Object:
    """One version of an object. `checksum` is S3's own SHA-256 (base64), None where it was uploaded without one."""

    data: bytes
    version: str | None
    checksum: str | None
    parts: int
    at: float

    @property
    def etag(self) -> str:
        """Never the SHA-256 (fact sheet 13)."""
        digest = hashlib.md5(self.data, usedforsecurity=False).hexdigest()
        return f'"{digest}-{self.parts}"' if self.parts else f'"{digest}"'

    @property
    def checksums(self) -> dict[str, str]:
        """What S3 tells of checksums where it is asked to; of an upload in parts the sum of the parts' sums."""
        if self.checksum is None:
            return {}
        if not self.parts:
            return {"ChecksumSHA256": self.checksum, "ChecksumType": FULL_OBJECT}
        return {"ChecksumSHA256": self.checksum, "ChecksumType": "COMPOSITE"}


class S3Rules:
    """GetObject, HeadObject and GetObjectAttributes. Objects are put by tests (`put`), never by a call."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._objects: dict[tuple[str, str], list[Object]] = {}
        self._versioned: set[str] = set()

    def put(
        self, bucket: str, key: str, data: bytes, now: float, *, checksum: bool = False, parts: int = 0
    ) -> str | None:
        """Upload an object, making its bucket where there is none; the version's id where the bucket has versions.

        `checksum`: with a SHA-256 of S3's own; `parts`: in so many parts, so that this is not of the bytes.
        """
        kept = self._objects.setdefault((bucket, key), [])
        version = self._ground.uuid("object", bucket, key, len(kept)) if bucket in self._versioned else None
        if version is None:
            kept.clear()
        kept.append(Object(data, version, _checksum(data, parts) if checksum else None, parts, now))
        return version

    def version(self, bucket: str) -> None:
        """Let a bucket keep what its objects were, from now on."""
        self._versioned.add(bucket)

    def delete(self, bucket: str, key: str) -> None:
        """Take an object away with all its versions; its bucket stays."""
        self._objects[bucket, key] = []

    def fetch(self, bucket: str, key: str, version: str | None) -> bytes:
        """An object's bytes, as Lambda reads them. Raises Refusal, S3's own."""
        return self._find(bucket, key, version).data

    def handles(self, operation: str) -> bool:
        return operation in ("GetObject", "HeadObject", "GetObjectAttributes")

    def resource(self, operation: str, parameters: Mapping[str, Any]) -> str:
        return f"object/{parameters.get('Bucket', '')}/{parameters.get('Key', '')}"

    def handle(self, operation: str, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
        if text := complaint("s3", operation, parameters):
            raise Refusal("InvalidArgument", text)
        try:
            found = self._find(parameters["Bucket"], parameters["Key"], parameters.get("VersionId"))
        except Refusal as refusal:
            if operation == "HeadObject":
                # The answer to HEAD has no body: only the status is left of the reason.
                raise Refusal(str(refusal.status), "Not Found", refusal.status) from refusal
            raise
        shown = {"LastModified": found.at} | ({"VersionId": found.version} if found.version else {})
        if operation == "GetObjectAttributes":
            return shown | _attributes(found, parameters["ObjectAttributes"])
        if parameters.get("ChecksumMode") == "ENABLED":
            shown |= _headers(found)
        body = {"Body": found.data} if operation == "GetObject" else {}
        return {"ContentLength": len(found.data), "ETag": found.etag, **shown, **body}

    def _find(self, bucket: str, key: str, version: str | None) -> Object:
        if not any(known == bucket for known, _ in self._objects):
            raise Refusal("NoSuchBucket", "The specified bucket does not exist", 404)
        kept = self._objects.get((bucket, key)) or []
        if version is not None:
            for one in kept:
                if one.version == version or (one.version is None and version == "null"):
                    return one
            raise Refusal("NoSuchVersion", "The specified version does not exist.", 404)
        if not kept:
            raise Refusal("NoSuchKey", "The specified key does not exist.", 404)
        return kept[-1]


def _attributes(found: Object, asked: list[str]) -> dict[str, Any]:
    known = {"ETag": found.etag.strip('"'), "ObjectSize": len(found.data), "Checksum": found.checksums}
    return {name: known[name] for name in asked if known.get(name) not in (None, {})}


def _headers(found: Object) -> dict[str, str]:
    """The checksum as reads of the object itself tell it: one of parts ends in their number."""
    shown = found.checksums
    if found.parts and shown:
        shown["ChecksumSHA256"] += f"-{found.parts}"
    return shown


def _checksum(data: bytes, parts: int) -> str:
    if not parts:
        return base64.b64encode(hashlib.sha256(data).digest()).decode()
    size = -(-len(data) // parts) or 1
    digests = [hashlib.sha256(data[start : start + size]).digest() for start in range(0, len(data), size)]
    return base64.b64encode(hashlib.sha256(b"".join(digests)).digest()).decode()
