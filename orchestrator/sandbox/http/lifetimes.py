"""Access keys that are good for some time only, and how each service refuses one that no longer is."""

from collections.abc import Callable

from werkzeug.wrappers import Response

from orchestrator.sandbox.http import protocols
from orchestrator.sandbox.http.scope import Scope
from orchestrator.sandbox.rules.refusal import Refusal

_EXPIRED = "The security token included in the request is expired"
_FORMS: dict[str, Callable[[Refusal, str], Response]] = {
    "dynamodb": protocols.json_error,
    "application-autoscaling": protocols.json_1_1_error,
    "lambda": protocols.rest_error,
    "s3": protocols.xml_error,
}


class Lifetimes:
    """How long each key is good, in seconds from when it was seen first; None: for ever. Not safe for threads by itself."""

    def __init__(self) -> None:
        self.seconds: float | None = None
        self._seen: dict[str, float] = {}

    def reset(self) -> None:
        """Forget every key."""
        self.seconds = None
        self._seen.clear()

    def refused(self, scope: Scope, now: Callable[[], float], request_id: str) -> Response | None:
        """The service's answer to a request that is signed with an expired key; None for any other."""
        if self.seconds is None or not scope.key:
            return None
        at = now()
        if at - self._seen.setdefault(scope.key, at) < self.seconds:
            return None
        form = _FORMS.get(scope.service, protocols.query_error)
        plain = form in (protocols.query_error, protocols.xml_error)  # these have names of their own for errors
        code, status = "ExpiredToken" if plain else "ExpiredTokenException", 400 if scope.service != "lambda" else 403
        return form(Refusal(code, _EXPIRED, status), request_id)
