"""Looking at a function: as few calls as can be, every page, and nothing kept that must not be."""

import pickle
from collections.abc import Mapping
from typing import Any

import pytest

from orchestrator.errors import Fault
from orchestrator.kinds import KINDS, function
from orchestrator.kinds.function.aspects import ALIASES, VERSIONS
from orchestrator.kinds.function.live import FunctionLive
from orchestrator.kinds.observation import Unreadable
from orchestrator.model import UNREAD
from tests.kinds.cases import BODIES, CannedCloud

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:fn"
SIGNED = "https://bucket.s3.eu-west-1.amazonaws.com/snapshots/x?X-Amz-Signature=5ec7e7"
CONFIGURATION: Mapping[str, Any] = {
    "FunctionName": "fn",
    "FunctionArn": ARN,
    "CodeSha256": "abc",
    "Role": "arn:aws:iam::123456789012:role/fn",
    "State": "Active",
    "LastUpdateStatus": "Successful",
    "Environment": {"Variables": {"KEY": "5ec7e7"}},
}
LATEST = {"Configuration": CONFIGURATION, "Code": {"RepositoryType": "S3", "Location": SIGNED}, "Tags": {"a": "b"}}
GONE = {"fault": "ResourceNotFoundException", "message": f"Function not found: {ARN}"}


def numbered(number: int, **configuration: Any) -> Mapping[str, Any]:
    return {"Configuration": {**CONFIGURATION, **configuration, "Version": str(number)}, "Code": {"Location": SIGNED}}


async def observed(cloud: CannedCloud, *reads: str) -> FunctionLive:
    live = await function.observe(cloud, "fn", frozenset(reads))
    assert isinstance(live, FunctionLive)
    return live


def asked(cloud: CannedCloud) -> list[tuple[str, Mapping[str, Any]]]:
    return [
        (call.api, {key: value for key, value in call.parameters.items() if key != "FunctionName"})
        for call in cloud.asked
    ]


async def test_one_call_tells_all_but_versions_and_aliases() -> None:
    cloud = CannedCloud({"GetFunction": {**LATEST, "Concurrency": {"ReservedConcurrentExecutions": 5}}})
    live = await observed(cloud)
    assert asked(cloud) == [("lambda:GetFunction", {})]
    assert (live.arn, live.tags, live.reserved_concurrency) == (ARN, {"a": "b"}, 5)
    assert live.newest is UNREAD
    assert live.aliases is UNREAD


async def test_no_presigned_url_and_no_variable_is_shown() -> None:
    cloud = CannedCloud(
        {"GetFunction": [LATEST, numbered(3)], "ListVersionsByFunction": {"Versions": [{"Version": "3"}]}}
    )
    live = await observed(cloud, VERSIONS)
    assert "5ec7e7" not in repr(live)
    assert b"X-Amz-Signature" not in pickle.dumps(live)


async def test_the_newest_version_is_the_highest_number_of_all_pages() -> None:
    """Lists are sorted as text or not at all, and carry no State."""
    pages = [
        {"Versions": [{"Version": "$LATEST"}, {"Version": "9"}, {"Version": "10"}], "NextMarker": "m1"},
        {"Versions": [{"Version": "2"}], "NextMarker": "m2"},
        {"Versions": []},
    ]
    cloud = CannedCloud({"GetFunction": [LATEST, numbered(10, State="Pending")], "ListVersionsByFunction": pages})
    live = await observed(cloud, VERSIONS)
    assert live.version == "10"
    assert live.newest is not UNREAD
    assert live.newest is not None
    assert live.newest.status.state == "Pending"
    assert asked(cloud) == [
        ("lambda:GetFunction", {}),
        ("lambda:ListVersionsByFunction", {}),
        ("lambda:ListVersionsByFunction", {"Marker": "m1"}),
        ("lambda:ListVersionsByFunction", {"Marker": "m2"}),
        ("lambda:GetFunction", {"Qualifier": "10"}),
    ]


async def test_all_versions_deleted_while_they_are_looked_for() -> None:
    cloud = CannedCloud({"GetFunction": [LATEST, GONE], "ListVersionsByFunction": {"Versions": [{"Version": "1"}]}})
    live = await observed(cloud, VERSIONS)
    assert live.newest is None
    assert live.version is None


async def test_aliases_of_all_pages() -> None:
    def alias(name: str, **more: Any) -> Mapping[str, Any]:
        return {"Name": name, "AliasArn": f"{ARN}:{name}", "FunctionVersion": "3", **more}

    weighted = alias("live", RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}}, Description="d")
    cloud = CannedCloud(
        {
            "GetFunction": LATEST,
            "ListAliases": [{"Aliases": [weighted], "NextMarker": "m"}, {"Aliases": [alias("beta")]}],
        }
    )
    live = await observed(cloud, ALIASES)
    assert live.aliases is not UNREAD
    assert list(live.aliases) == ["beta", "live"]
    assert live.aliases["live"].value == {"version": "3", "weights": {"2": 0.1}, "description": "d"}
    assert live.aliases["beta"].value == {"version": "3", "weights": {}, "description": ""}
    assert KINDS["aliases"].ATTRIBUTES["arn"].read(live, "beta") == f"{ARN}:beta"
    assert KINDS["aliases"].ATTRIBUTES["arn"].read(live, "gone") is None
    assert KINDS["aliases"].ATTRIBUTES["arn"].read(None, "beta") is None


@pytest.mark.parametrize(
    "replies",
    [
        {"GetFunction": GONE},
        {"GetFunction": LATEST, "ListAliases": {"Aliases": []}, "ListVersionsByFunction": GONE},
        {"GetFunction": [LATEST], "ListVersionsByFunction": {"Versions": []}, "ListAliases": GONE},
    ],
)
async def test_a_function_that_is_gone_or_goes_is_absent(replies: Mapping[str, Any]) -> None:
    assert await function.observe(CannedCloud(replies), "fn", frozenset({VERSIONS, ALIASES})) is None


@pytest.mark.parametrize("operation", ["GetFunction", "ListVersionsByFunction", "ListAliases"])
async def test_other_faults_are_the_callers(operation: str) -> None:
    replies = {"GetFunction": LATEST, "ListVersionsByFunction": {"Versions": []}, "ListAliases": {"Aliases": []}}
    cloud = CannedCloud({**replies, operation: {"fault": "AccessDeniedException"}})
    with pytest.raises(Fault) as raised:
        await function.observe(cloud, "fn", frozenset({VERSIONS, ALIASES}))
    assert raised.value.operation == operation


async def test_a_fault_of_the_newest_version_is_too() -> None:
    replies = {
        "GetFunction": [LATEST, {"fault": "TooManyRequestsException"}],
        "ListVersionsByFunction": {"Versions": [{"Version": "1"}]},
    }
    with pytest.raises(Fault):
        await function.observe(CannedCloud(replies), "fn", frozenset({VERSIONS}))


async def test_what_may_not_be_read_is_told_from_what_is_empty() -> None:
    error = {"ErrorCode": "AccessDeniedException", "Message": "Lambda was unable to decrypt your environment variables"}
    reply = {"Configuration": {**CONFIGURATION, "Environment": {"Error": error}}, "TagsError": error}
    live = await observed(CannedCloud({"GetFunction": reply}))
    assert live.content.environment == Unreadable("AccessDeniedException")
    assert live.tags == Unreadable("AccessDeniedException")


@pytest.mark.parametrize(
    ("body", "reads"),
    [
        ({}, set()),
        ("absent", {"every_event_source"}),
        ({"event_sources": {}}, {"every_event_source"}),
        ({"permissions": {}}, {ALIASES, "policy"}),
        ({"permissions": {"a": {"principal": "s3.amazonaws.com", "alias": "live"}}}, {ALIASES, "policy"}),
        ({"url": "off"}, {"urls"}),
        ({"url": {"auth": "none", "alias": "live"}}, {ALIASES, "urls"}),
        ({"async_invoke": {"retries": 1}}, {"async_invoke"}),
        ({"provisioned_concurrency": {"live": "off"}}, {ALIASES, "all_provisioned"}),
        ({"reserved_concurrency": 5}, {"all_provisioned", "account"}),
        ({"memory": 512, "tags": {}}, set()),
        ({"publish": True}, {VERSIONS}),
        ({"publish": False}, set()),
        ({"aliases": {}}, {ALIASES}),
        (
            {"aliases": {"live": "3", "beta": "absent"}},
            {
                ALIASES,
                "all_provisioned",
                "version:3",
                "snapshots",
                "every_event_source",
                "urls",
                "policy:beta",
                "invoke_config:beta",
            },
        ),
        ({"aliases": {"live": {"version": "$LATEST"}}}, {ALIASES, "all_provisioned"}),
        (
            {"aliases": {}, "prune": ["aliases"]},
            {ALIASES, "all_provisioned", "every_event_source", "urls", "policy", "invoke_config"},
        ),
        ({"snap_start": "published_versions"}, {"all_provisioned"}),
        (
            {"aliases": {"live": "3"}, "provisioned_concurrency": {"live": 1}},
            {ALIASES, "all_provisioned", "version:3", "snapshots:3"},
        ),
        (
            {"aliases": {"live": {"version": "published", "weights": {"2": 0.1}}}},
            {ALIASES, "all_provisioned", VERSIONS, "version:2"},
        ),
        ({"aliases": {"live": "published"}}, {ALIASES, "all_provisioned", VERSIONS}),
        ({"aliases": {"live": "published"}, "publish": False}, {ALIASES, "all_provisioned", VERSIONS}),
    ],
)
def test_reads_follow_from_what_is_stated(body: Any, reads: set[str]) -> None:
    assert function.reads(BODIES["functions"].validate_python(body)) == reads


async def test_attributes() -> None:
    cloud = CannedCloud(
        {"GetFunction": [LATEST, numbered(3)], "ListVersionsByFunction": {"Versions": [{"Version": "3"}]}}
    )
    live = await observed(cloud, VERSIONS)
    known = {name: one.read(live, "fn") for name, one in function.ATTRIBUTES.items()}
    assert known == {"name": "fn", "arn": ARN, "version": "3", "code_sha256": "abc", "url": None}
    assert {name: one.read(None, "fn") for name, one in function.ATTRIBUTES.items()} == {
        "name": "fn",
        "arn": None,
        "version": None,
        "code_sha256": None,
        "url": None,
    }
    unread = await observed(CannedCloud({"GetFunction": LATEST}))
    assert function.ATTRIBUTES["version"].read(unread, "fn") is None
    assert function.identity(live) is None
