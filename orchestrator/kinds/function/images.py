"""The URIs of container images: `ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY`, then `:TAG` or `@sha256:DIGEST`."""

import re
from dataclasses import dataclass

from orchestrator.model import Text

_PART = "[a-z0-9]+(?:[._-][a-z0-9]+)*"
_REPOSITORY = rf"(?=[^:@]{{2,256}}[:@])(?:{_PART}/)*{_PART}"
"""As the registry's model has it (botocore, RepositoryName)."""
_URI = re.compile(
    rf"(?P<head>(?P<registry>\d{{12}})\.dkr[.-]ecr(-fips)?\.(?P<region>[a-z0-9-]+)\.[a-z0-9.-]+/(?P<repository>{_REPOSITORY}))"
    r"(:(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127})|@sha256:(?P<digest>[0-9a-f]{64}))"
)


@dataclass(frozen=True, slots=True)
class Image:
    """What a URI names: `digest` is hexadecimal, None where it goes by a tag."""

    head: str
    registry: str
    region: str
    repository: str
    tag: str | None
    digest: str | None


def parse(uri: str) -> Image | None:
    """The image that a URI names; None where it names none of ECR's, or neither tag nor digest.

    That Lambda takes `latest` for the latter is written nowhere.
    """
    found = _URI.fullmatch(uri)
    if found is None:
        return None
    return Image(found["head"], found["registry"], found["region"], found["repository"], found["tag"], found["digest"])


def pinned_digest(uri: str | Text) -> str | None:
    """The digest that a URI carries, as CodeSha256 has it (fact sheet 13)."""
    image = parse(uri) if isinstance(uri, str) else None
    return image.digest if image else None


def pinned(uri: str | Text, digest: str) -> str | Text:
    """The same image by its digest."""
    image = parse(uri) if isinstance(uri, str) else None
    return f"{image.head}@sha256:{digest}" if image else uri
