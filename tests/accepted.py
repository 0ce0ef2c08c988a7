"""What a client's service model says of a request: whether it would leave the machine, and whether AWS would look at it.

The SDK checks names and types before it sends anything; lengths, ranges, patterns and enums it leaves to the service.
"""

from collections.abc import Mapping
from functools import cache

from botocore.model import OperationModel
from botocore.validate import ParamValidator

from orchestrator.model import Call, reveal
from orchestrator.sandbox import models
from orchestrator.sandbox.rules import constraints
from orchestrator.sandbox.rules.dynamodb import NEWER
from orchestrator.sandbox.rules.lambda_ import OPEN_ENUMS

AHEAD: Mapping[str, frozenset[str]] = {"dynamodb": frozenset(NEWER), "lambda": frozenset(OPEN_ENUMS)}
"""The shapes of which AWS takes more than the installed models know: runtimes, indexes of several key attributes."""

_VALIDATOR = ParamValidator()


def complaints(call: Call) -> list[str]:
    """What is wrong with the parameters of `call` by the service's model. ValueError where one is not known yet."""
    parameters = reveal(call.parameters)
    found = _VALIDATOR.validate(parameters, _operation(call.service, call.operation).input_shape)
    if found.has_errors():
        return [found.generate_report()]
    wrong = constraints.complaint(call.service, call.operation, parameters, AHEAD.get(call.service, ()))
    return [wrong] if wrong else []


def check(call: Call) -> None:
    """AssertionError where the client or the service would refuse `call` for its form alone."""
    wrong = complaints(call)
    assert not wrong, f"{call.title}: {wrong}"


@cache
def _operation(service: str, name: str) -> OperationModel:
    return models.service(service).operation_model(name)
