"""S3 objects and ECR images that functions are made of: moto keeps them."""

import json
import re
from urllib.parse import quote

from orchestrator.sandbox.http.protocols import JSON_1_1
from orchestrator.sandbox.http.scope import Scope
from orchestrator.sandbox.http.upstream import Upstream
from orchestrator.sandbox.rules.images import parse
from orchestrator.sandbox.rules.lambda_.package import Sources
from orchestrator.sandbox.rules.refusal import Refusal

REGISTRY = "AmazonEC2ContainerRegistry_V20150921"


class Upstreamed:
    """Reads objects from moto's S3 and images from its ECR."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    def of(self, account: str, region: str) -> Sources:
        """What reads an account's objects, and the images that it has in a region."""
        return Sources(
            lambda bucket, key, version: self._object(Scope("s3", region, account), bucket, key, version),
            lambda uri: self._digest(Scope("ecr", region, account), uri),
        )

    def _object(self, scope: Scope, bucket: str, key: str, version: str | None) -> bytes:
        path = f"/{quote(bucket)}/{quote(key)}" + (f"?versionId={quote(version)}" if version else "")
        response = self._upstream.send(scope, "GET", path)
        if response.status_code != 200:
            raise _refusal(response.get_data(as_text=True), response.status_code)
        return response.get_data()

    def _digest(self, scope: Scope, uri: str) -> str | None:
        """Only in the function's own account and region: another account's needs a policy that nothing here knows."""
        name = parse(uri)
        if name is None or (name.account, name.region) != (scope.account, scope.region):
            return None
        headers = {"X-Amz-Target": f"{REGISTRY}.BatchGetImage", "Content-Type": JSON_1_1}
        asked = {"repositoryName": name.repository, "imageIds": [name.identifier]}
        response = self._upstream.send(scope, "POST", "/", headers, json.dumps(asked).encode())
        if response.status_code != 200:
            return None
        digests = [image["imageId"]["imageDigest"] for image in json.loads(response.get_data())["images"]]
        return digests[0] if digests else None


def _refusal(error: str, status: int) -> Refusal:
    """S3's refusal from its XML."""
    told = {name: re.search(f"<{name}>([^<]*)</{name}>", error) for name in ("Code", "Message")}
    code, message = (found[1] if found else "" for found in told.values())
    return Refusal(code or "InternalError", message, status)
