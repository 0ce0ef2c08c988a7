"""Every request that can be built is one that the client's service model takes, and the documentation says which those are.

The case files have to make each of them: who adds an operation or a setting finds out here.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from orchestrator.kinds import KINDS
from orchestrator.kinds.contract import About
from orchestrator.model import Call
from tests.accepted import complaints
from tests.kinds.cases import collected
from tests.kinds.requests import WHOLE, Request, built
from tests.test_permissions import NAMED_OTHERWISE, STORE, TASKS, TRAIL, UNGRANTED, sent

REQUESTS = [request for case in collected() for request in built(case)]
OPERATIONS = sorted({request.call.api for request in REQUESTS})

ABOUT: Mapping[tuple[str, str], About | None] = {
    (section, name): about
    for section, kind in KINDS.items()
    for name, about in ((WHOLE, kind.ABOUT), *((row.name, row.about) for row in kind.ROWS.values()))
}


@pytest.mark.parametrize("api", OPERATIONS)
def test_the_service_model_takes_every_request(api: str) -> None:
    wrong = {(each.case, *complaints(each.call)) for each in REQUESTS if each.call.api == api and complaints(each.call)}
    assert wrong == set()


def test_every_operation_that_can_be_sent_is_met() -> None:
    met = {NAMED_OTHERWISE.get(api, api) for api in OPERATIONS}
    assert met == sent(STORE, TRAIL, *TASKS) - UNGRANTED


@pytest.mark.parametrize(("setting", "about"), ABOUT.items(), ids=[f"{kind}.{name}" for kind, name in ABOUT])
def test_the_documentation_names_the_operations_that_change_a_setting(
    setting: tuple[str, str], about: About | None
) -> None:
    assert about is not None
    assert set(about.operations) == _met()[setting]


def _met() -> Mapping[tuple[str, str], set[str]]:
    met: dict[tuple[str, str], set[str]] = defaultdict(set)
    for request in REQUESTS:
        for setting in request.settings:
            met[setting].add(request.call.api)
    return met


def _with(request: Request, **parameters: Any) -> Call:
    return replace(request.call, parameters={**request.call.parameters, **parameters})


def test_a_request_that_the_model_does_not_take_is_found() -> None:
    """By its names and types, and by its limits."""
    request = next(each for each in REQUESTS if each.call.api == "dynamodb:UpdateTimeToLive")
    assert complaints(_with(request, TableNames="orders"))
    assert complaints(_with(request, TableName=5))
    assert complaints(_with(request, TimeToLiveSpecification={"Enabled": True, "AttributeName": ""}))
    assert not complaints(request.call)
