"""Whether a function is settled: a total function of State, LastUpdateStatus and the newest version's State."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from typing import Any

import botocore.session
import pytest

from orchestrator.kinds import function
from orchestrator.kinds.function.aliases import live as aliases
from orchestrator.kinds.function.event_sources.live import EventSources
from orchestrator.kinds.function.event_sources.live import parsed as mapping
from orchestrator.kinds.function.live import FunctionLive, parsed, version
from orchestrator.kinds.function.reasons import ADVICE
from orchestrator.model import UNREAD, Broken, Pending, Scope, Settled, Verdict

_SHAPES: Any = botocore.session.get_session().get_service_model("lambda")
LATER = ["Deactivating", "Deactivated", "ActiveNonInvocable", "Deleting"]
"""States that this botocore does not know yet (fact sheet 11.1)."""
STATES = [*dict.fromkeys([*_SHAPES.shape_for("State").enum, *LATER]), "Dancing", ""]
UPDATES = [*_SHAPES.shape_for("LastUpdateStatus").enum, "Dancing", None]

CONFIGURATION: Mapping[str, Any] = {
    "FunctionName": "fn",
    "FunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:fn",
    "CodeSha256": "abc",
    "Role": "arn:aws:iam::123456789012:role/fn",
    "State": "Active",
    "LastUpdateStatus": "Successful",
}

OWN = (Scope.WHOLE, Scope.SELF)
"""The scopes in which the function itself counts."""


def live(newest: Mapping[str, Any] | None = None, **configuration: Any) -> FunctionLive:
    number = {**CONFIGURATION, "Version": "7", **newest} if newest is not None else None
    seen = version({"Configuration": number}) if number else UNREAD
    return parsed({"Configuration": {**CONFIGURATION, **configuration}}, seen)


def whole(seen: FunctionLive | None) -> Verdict:
    return function.verdict(seen, Scope.WHOLE)


@pytest.mark.parametrize("scope", OWN)
@pytest.mark.parametrize(("state", "update"), list(product(STATES, UPDATES)))
def test_every_value_has_a_verdict(state: str, update: str | None, scope: Scope) -> None:
    """C1: only what is at rest with a finished update is settled; what is unknown is waited for."""
    seen = function.verdict(live(State=state, LastUpdateStatus=update), scope)
    at_rest = state in ("Active", "Inactive", "ActiveNonInvocable")
    failed = state == "Failed" or (at_rest and update == "Failed")
    if state == "Failed" or (at_rest and update in ("Successful", "Failed")):
        expected: type[Verdict] = Broken if failed and scope is Scope.WHOLE else Settled
    else:
        expected = Pending
    assert isinstance(seen, expected)


@pytest.mark.parametrize("scope", Scope)
def test_an_absent_function_is_settled(scope: Scope) -> None:
    assert function.verdict(None, scope) == Settled()


@pytest.mark.parametrize("state", STATES)
def test_of_what_outlives_a_function_only_that_counts(state: str) -> None:
    seen = live(State=state)
    assert function.verdict(seen, Scope.PART) == Settled()
    moving = mapping({"UUID": "1", "State": "Creating", "EventSourceArn": "arn:aws:sqs:eu-west-1:123456789012:jobs"})
    attached = replace(seen.attached, event_sources=EventSources({"": (moving,)}))
    assert isinstance(function.verdict(replace(seen, attached=attached), Scope.PART), Pending)


def test_pending_says_it_in_lambdas_words() -> None:
    seen = live(State="Pending", StateReason="The function is being created.", StateReasonCode="Creating")
    assert whole(seen) == Pending("State Pending (Creating): The function is being created")
    seen = live(LastUpdateStatus="InProgress", LastUpdateStatusReasonCode="Creating")
    assert whole(seen) == Pending("LastUpdateStatus InProgress (Creating)")
    assert whole(live(LastUpdateStatus=None)) == Pending("LastUpdateStatus not known yet")


def test_a_failed_creation_stays_failed() -> None:
    """C5: StateReason and its code, and nothing overwrites it."""
    seen = live(
        State="Failed", StateReason="No such group.", StateReasonCode="InvalidSecurityGroup", LastUpdateStatus=None
    )
    action = f"{ADVICE['InvalidSecurityGroup']} Then delete the function, and run again: it is created anew."
    assert whole(seen) == Broken("State Failed: No such group.", "InvalidSecurityGroup", False, action)


def test_a_failed_update_is_overwritten_by_the_next() -> None:
    """C5: LastUpdateStatusReason and its code."""
    seen = live(
        LastUpdateStatus="Failed", LastUpdateStatusReason="Disabled.", LastUpdateStatusReasonCode="DisabledKMSKey"
    )
    action = ADVICE["DisabledKMSKey"]
    assert whole(seen) == Broken("LastUpdateStatus Failed: Disabled.", "DisabledKMSKey", True, action)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("scope", OWN)
def test_the_newest_version_counts_where_it_was_read(state: str, scope: Scope) -> None:
    """C6: an alias waits until the version is Active."""
    seen = function.verdict(live({"State": state}), scope)
    if state in ("Active", "Inactive"):
        assert seen == Settled()
    elif state == "Failed":
        assert isinstance(seen, Broken if scope is Scope.WHOLE else Settled)
    else:
        assert isinstance(seen, Pending)
        assert seen.status.startswith("version 7 ")


def test_a_failed_version_of_something_else_is_history() -> None:
    assert whole(live({"State": "Failed", "CodeSha256": "older"})) == Settled()
    failed = live({"State": "Failed", "StateReason": "It did not start.", "StateReasonCode": "FunctionError"})
    action = ADVICE["FunctionError"]
    assert whole(failed) == Broken("version 7 Failed: It did not start.", "FunctionError", True, action)


DURABLE_AND_MANAGED = {
    "DrainingDurableExecutions",
    "ServiceQuotaExceededException",
    "VcpuLimitExceeded",
    "CapacityProviderScalingLimitExceeded",
    "InsufficientCapacity",
    "EC2RequestLimitExceeded",
    "DisallowedByVpcEncryptionControl",
    "IncompatibleAcceleratorInstanceTypes",
    "DependencyError",
    *(
        f"FunctionError.{what}"
        for what in (
            "InitTimeout",
            "RuntimeInitError",
            "ExtensionInitError",
            "InvalidEntryPoint",
            "InvalidWorkingDirectory",
            "PermissionDenied",
            "TooManyExtensions",
            "InitResourceExhausted",
        )
    ),
}
"""Reason codes that this botocore does not know yet (fact sheet 11.1)."""


def test_c5_every_reason_that_lambda_has_says_what_to_do() -> None:
    codes = {*_SHAPES.shape_for("StateReasonCode").enum, *_SHAPES.shape_for("LastUpdateStatusReasonCode").enum}
    assert set(ADVICE) == codes | DURABLE_AND_MANAGED
    assert all(sentence.endswith(".") and len(sentence) < 120 for sentence in ADVICE.values())


def test_c5_an_unknown_reason_is_shown_as_it_is() -> None:
    seen = live(LastUpdateStatus="Failed", LastUpdateStatusReason="Odd.", LastUpdateStatusReasonCode="Newfangled")
    assert whole(seen) == Broken("LastUpdateStatus Failed: Odd.", "Newfangled", recoverable=True, action="")


def test_what_moves_goes_before_what_failed() -> None:
    assert isinstance(whole(live({"State": "Pending"}, LastUpdateStatus="Failed")), Pending)


def test_aliases_are_settled_parts() -> None:
    live_alias = {"Name": "live", "AliasArn": "arn", "FunctionVersion": "7"}
    seen = parsed({"Configuration": CONFIGURATION}, aliases={"live": aliases.parsed(live_alias)})
    assert function.parts(seen) == {("aliases", "live"): Settled()}
    assert function.parts(live()) == {}
    assert function.parts(None) == {}
