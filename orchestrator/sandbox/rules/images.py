"""ECR, as far as a schema change reads it: which image a tag or a digest names."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.sandbox.rules.constraints import complaint
from orchestrator.sandbox.rules.ground import Ground
from orchestrator.sandbox.rules.refusal import Refusal

URI = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/"
    r"(?P<repository>[a-z0-9]+([._/-][a-z0-9]+)*)(:(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127})|@(?P<digest>sha256:[0-9a-f]{64}))"
)
"""An image by tag or by digest. One without either is left out: that Lambda took it for `latest` is written nowhere."""
MEDIA_TYPE = "application/vnd.docker.distribution.manifest.v2+json"


@dataclass(frozen=True, slots=True)
class ImageName:
    """What a URI names: `identifier` is ECR's ImageIdentifier, a tag or a digest."""

    account: str
    region: str
    repository: str
    identifier: Mapping[str, str]


def parse(uri: str) -> ImageName | None:
    """The image that a URI names; None where it names none of ECR's."""
    found = URI.fullmatch(uri)
    if found is None:
        return None
    tag, digest = found["tag"], found["digest"]
    identifier = {"imageTag": tag} if tag else {"imageDigest": digest}
    return ImageName(found["account"], found["region"], found["repository"], identifier)


@dataclass(slots=True)
class Repository:
    """`images`: digests with when they were pushed; `tags`: each tag's digest."""

    images: dict[str, float] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


class EcrRules:
    """DescribeImages and BatchGetImage. Images are pushed by tests (`push`), never by a call."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._repositories: dict[str, Repository] = {}

    def push(self, repository: str, tag: str, content: str, now: float) -> str:
        """Push an image, moving the tag where it names another, and return its digest, `sha256:…`."""
        digest = f"sha256:{hashlib.sha256(content.encode()).hexdigest()}"
        kept = self._repositories.setdefault(repository, Repository())
        kept.images.setdefault(digest, now)
        kept.tags[tag] = digest
        return digest

    def delete(self, repository: str, digest: str) -> None:
        """Take an image away with its tags; its repository stays."""
        kept = self._repositories[repository]
        del kept.images[digest]
        kept.tags = {tag: named for tag, named in kept.tags.items() if named != digest}

    def uri(self, repository: str, tag: str) -> str:
        """`123456789012.dkr.ecr.eu-west-1.amazonaws.com/order-events:1`."""
        return f"{self._ground.account}.dkr.ecr.{self._ground.region}.amazonaws.com/{repository}:{tag}"

    def resolve(self, uri: str) -> str | None:
        """The digest that a URI names now, as Lambda sees it; None where that is no image of this account and region."""
        name = parse(uri)
        if name is None or (name.account, name.region) != (self._ground.account, self._ground.region):
            return None
        repository = self._repositories.get(name.repository)
        return None if repository is None else _digest(repository, name.identifier)

    def handles(self, operation: str) -> bool:
        return operation in ("DescribeImages", "BatchGetImage")

    def resource(self, operation: str, parameters: Mapping[str, Any]) -> str:
        return f"repository/{parameters.get('repositoryName', '')}"

    def handle(self, operation: str, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
        if text := complaint("ecr", operation, parameters):
            raise Refusal("InvalidParameterException", f"Invalid parameter: {text}")
        name, registry = parameters["repositoryName"], parameters.get("registryId", self._ground.account)
        repository = self._repositories.get(name) if registry == self._ground.account else None
        if repository is None:
            raise Refusal(
                "RepositoryNotFoundException",
                f"The repository with name '{name}' does not exist in the registry with id '{registry}'",
            )
        where = {"registryId": registry, "repositoryName": name}
        if operation == "DescribeImages":
            return _described(repository, parameters.get("imageIds"), where)
        return _got(repository, parameters["imageIds"], where)


def _digest(repository: Repository, identifier: Mapping[str, str]) -> str | None:
    """The digest that an identifier names; one with both parts names an image only where these agree."""
    tag, digest = identifier.get("imageTag"), identifier.get("imageDigest")
    named = repository.tags.get(tag) if tag else digest
    return named if named in repository.images and digest in (None, named) else None


def _described(
    repository: Repository, asked: list[Mapping[str, str]] | None, where: Mapping[str, str]
) -> dict[str, Any]:
    """DescribeImages: one that is missing fails the whole call."""
    wanted = [{"imageDigest": digest} for digest in repository.images] if asked is None else asked
    found = []
    for identifier in wanted:
        digest = _digest(repository, identifier)
        if digest is None:
            shown = ", ".join(f"{key}:'{identifier.get(key, 'null')}'" for key in ("imageDigest", "imageTag"))
            raise Refusal(
                "ImageNotFoundException",
                f"The image with imageId {{{shown}}} does not exist within the repository with name "
                f"'{where['repositoryName']}' in the registry with id '{where['registryId']}'",
            )
        found.append(
            {
                **where,
                "imageDigest": digest,
                "imageTags": sorted(tag for tag, named in repository.tags.items() if named == digest),
                "imagePushedAt": repository.images[digest],
                "imageManifestMediaType": MEDIA_TYPE,
            }
        )
    return {"imageDetails": found}


def _got(repository: Repository, asked: list[Mapping[str, str]], where: Mapping[str, str]) -> dict[str, Any]:
    """BatchGetImage: one that is missing is a failure beside the others."""
    images, failures = [], []
    for identifier in asked:
        digest = _digest(repository, identifier)
        if digest is None:
            reason = "Requested image not found"
            failures.append({"imageId": dict(identifier), "failureCode": "ImageNotFound", "failureReason": reason})
        else:
            images.append(
                {**where, "imageId": {**identifier, "imageDigest": digest}, "imageManifestMediaType": MEDIA_TYPE}
            )
    return {"images": images, "failures": failures}
