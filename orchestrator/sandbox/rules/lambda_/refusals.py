"""Lambda's error replies, each form of them written once (fact sheet 11.x)."""

from orchestrator.sandbox.rules.refusal import Refusal


def invalid(message: str) -> Refusal:
    return Refusal("InvalidParameterValueException", message)


def missing(message: str = "The resource you requested does not exist.") -> Refusal:
    return Refusal("ResourceNotFoundException", message, 404)


def conflict(message: str) -> Refusal:
    return Refusal("ResourceConflictException", message, 409)
