"""Whose request it is: service, region and account, from the signature's scope."""

import re
from dataclasses import dataclass

from werkzeug.datastructures import Headers

ACCOUNT = "123456789012"
"""What moto, too, takes for everyone's account."""
USER = "sandbox"
DEFAULT_REGION = "us-east-1"

_CREDENTIAL = re.compile(r"Credential=(?P<key>[^/\s,]+)/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")


@dataclass(frozen=True, slots=True)
class Scope:
    """`service` is the signing name in lower case, empty for a request without a signature."""

    service: str
    region: str
    account: str = ACCOUNT
    key: str = ""
    """The access key, empty for a request without a signature."""

    @property
    def user(self) -> str:
        """Whose the request is: who signed it, if anybody did."""
        return self.key or USER

    @property
    def authorization(self) -> str:
        """An Authorization header with this scope, for requests of our own. Nobody checks the signature."""
        credential = f"sandbox/20260101/{self.region}/{self.service}/aws4_request"
        return f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"


def scope_of(headers: Headers, region: str = DEFAULT_REGION) -> Scope:
    """The scope of a request; `region` is for those that carry none. `x-moto-account-id` names another account, as with moto."""
    account = headers.get("x-moto-account-id") or ACCOUNT
    found = _CREDENTIAL.search(headers.get("Authorization") or "")
    if found is None:
        return Scope("", region, account)
    return Scope(found["service"].lower(), found["region"], account, found["key"])
