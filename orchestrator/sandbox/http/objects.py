"""S3 objects that functions are made of: moto keeps them."""

from urllib.parse import quote

from orchestrator.sandbox.http.scope import Scope
from orchestrator.sandbox.http.upstream import Upstream
from orchestrator.sandbox.rules.lambda_.package import Fetch


class Objects:
    """Reads objects from moto's S3."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    def of(self, account: str, region: str) -> Fetch:
        """What reads an account's objects: bucket, key and version to bytes, None where there is no such object."""
        scope = Scope("s3", region, account)

        def fetch(bucket: str, key: str, version: str | None) -> bytes | None:
            path = f"/{quote(bucket)}/{quote(key)}" + (f"?versionId={quote(version)}" if version else "")
            response = self._upstream.send(scope, "GET", path)
            return response.get_data() if response.status_code == 200 else None

        return fetch
