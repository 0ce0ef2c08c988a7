"""The objects and images that plans name: what was seen of them, and digests that are made up for the rest.

They are no part of what a run changes. Of an object nobody has the bytes here, only what their digest is.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.errors import Fault
from orchestrator.kinds.function.aspects import IMAGE, S3
from orchestrator.kinds.function.live import FunctionLive
from orchestrator.kinds.function.seen import Remains
from orchestrator.kinds.observation import Unreadable, split
from orchestrator.model import Call
from orchestrator.sandbox.rules.images import parse
from orchestrator.sandbox.rules.lambda_.package import Package, Sources
from orchestrator.sandbox.rules.refusal import Refusal

Known = Mapping[str, str | Unreadable]
"""Digests by what was read, `s3:BUCKET/KEY@VERSION` or `image:URI`."""


@dataclass(frozen=True)
class Packages:
    """What functions are made of. `made_up` are the digests that stand for ones that nobody has read."""

    known: Known
    made_up: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, seen: Iterable[Any]) -> "Packages":
        known: dict[str, str | Unreadable] = {}
        for one in seen:
            if isinstance(one, FunctionLive | Remains):
                known |= one.packages
        return cls(known)

    @property
    def sources(self) -> Sources:
        """As Lambda gets them."""
        return Sources(self._object, self._image)

    def answer(self, call: Call) -> Mapping[str, Any] | None:
        """What S3 or ECR says of them; None to a call of another service. Raises Fault."""
        if call.service not in ("s3", "ecr"):
            return None
        asked = call.parameters
        if call.service == "s3":
            digest = self._digest(S3, _place(asked["Bucket"], asked["Key"], asked.get("VersionId")), call)
            return {"ContentLength": 0, "ChecksumSHA256": digest, "ChecksumType": "FULL_OBJECT"}
        registry, repository = asked["registryId"], asked["repositoryName"]
        image = next((one for one in map(self._uri, self.known) if _names(one, registry, repository, asked)), None)
        uri = image or f"{registry}/{repository}:{asked['imageIds'][0].get('imageTag')}"
        return {"imageDetails": [{"imageDigest": f"sha256:{self._digest(IMAGE, uri, call)}"}]}

    @staticmethod
    def _uri(read: str) -> str:
        sort, argument = split(read)
        return argument if sort == IMAGE else ""

    def _object(self, bucket: str, key: str, version: str | None) -> Package:
        return Package(self._digest(S3, _place(bucket, key, version)), 0)

    def _image(self, uri: str) -> str | None:
        name = parse(uri)
        if name is None:
            return None
        if "imageDigest" in name.identifier:
            return name.identifier["imageDigest"]
        told = self.known.get(f"{IMAGE}:{uri}")
        stands = uri if told is not None else f"{name.account}/{name.repository}:{name.identifier['imageTag']}"
        return f"sha256:{self._digest(IMAGE, stands)}"

    def _digest(self, sort: str, place: str, call: Call | None = None) -> str:
        """What was read, also that it can't be; else one that the place determines."""
        told = self.known.get(f"{sort}:{place}")
        if isinstance(told, Unreadable):
            if call is None:
                raise Refusal(told.code, f"{place} can't be read.")
            raise Fault(call.service, call.operation, told.code, f"{place} can't be read.", region=call.region)
        if told is not None:
            return told
        digest = hashlib.sha256(place.encode())
        made = digest.hexdigest() if sort == IMAGE else base64.b64encode(digest.digest()).decode()
        self.made_up.add(made)
        return made


def _place(bucket: str, key: str, version: str | None) -> str:
    return f"{bucket}/{key}@{version or ''}"


def _names(uri: str, registry: str, repository: str, asked: Mapping[str, Any]) -> bool:
    """Whether it is the image that a request asks for."""
    name = parse(uri)
    return name is not None and (name.account, name.repository, [name.identifier]) == (
        registry,
        repository,
        asked["imageIds"],
    )
