"""A Lambda control plane for tests: one account's rules at a time that the test moves by hand."""

import io
import zipfile
from typing import Any

import pytest

from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.durations import Durations, Staleness
from orchestrator.sandbox.rules.refusal import Refusal

ROLE = "arn:aws:iam::123456789012:role/order-events"
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:fn"
CREATE, UPDATE, PUBLISH = 3.0, 4.0, 2.0
"""Seconds."""


def archive(text: str = "def handler(event, context): return event") -> bytes:
    """A zip with one module."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as file:
        file.writestr(zipfile.ZipInfo("app.py"), text)
    return target.getvalue()


class LambdaWorld:
    """`call` serves at the present; `wait` moves it."""

    def __init__(self, staleness: Staleness | None = None, **durations: float) -> None:
        spans = {"function_create": CREATE, "function_update": UPDATE, "version_publish": PUBLISH}
        spans |= {"function_delete": 0.0, "iam_lag": 0.0, "iam_rights_lag": 0.0}
        self.account = Account(durations=Durations(**{**spans, **durations}), staleness=staleness or Staleness.off())
        self.ground, self.rules = self.account.ground, self.account.lambda_
        self.now = 1_000_000.0

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return self.account.handle("lambda", operation, parameters, self.now)

    def refused(self, operation: str, **parameters: Any) -> Refusal:
        with pytest.raises(Refusal) as caught:
            self.call(operation, **parameters)
        return caught.value

    def create(self, name: str = "fn", **more: Any) -> dict[str, Any]:
        return self.call("CreateFunction", **function(name, **more))

    def active(self, name: str = "fn", **more: Any) -> dict[str, Any]:
        """A function that has settled, as GetFunctionConfiguration shows it."""
        self.create(name, **more)
        self.wait(CREATE)
        return self.configuration(name)

    def configuration(self, name: str = "fn", **more: Any) -> dict[str, Any]:
        return self.call("GetFunctionConfiguration", FunctionName=name, **more)


def function(name: str = "fn", **more: Any) -> dict[str, Any]:
    """The parameters of a plain CreateFunction."""
    plain = {"Runtime": "python3.13", "Handler": "app.handler", "Role": ROLE, "Code": {"ZipFile": archive()}}
    return {"FunctionName": name, **plain, **more}
