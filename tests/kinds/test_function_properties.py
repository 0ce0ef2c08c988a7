"""Applying the steps of a diff to the simulated Lambda, then diffing again, gives nothing; whatever was there before."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.kinds import function
from orchestrator.kinds.fields import Absent
from orchestrator.sandbox.rules.refusal import Refusal
from tests.kinds.applied import LEAST, NAME, Applied, declared, settled

KEY = "arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000"
LAYERS = [f"arn:aws:lambda:eu-west-1:123456789012:layer:{name}:1" for name in ("tools", "more")]
SETTINGS: dict[str, st.SearchStrategy[Any]] = {
    "runtime": st.sampled_from(["python3.13", "python3.14"]),
    "handler": st.sampled_from(["app.handler", "main.handler"]),
    "description": st.sampled_from(["", "one", "two"]),
    "memory": st.sampled_from([128, 512]),
    "timeout": st.sampled_from(["3s", "30s"]),
    "ephemeral_storage": st.sampled_from([512, 1024]),
    "tracing": st.sampled_from(["active", "pass_through"]),
    "environment": st.dictionaries(
        st.sampled_from(["ONE", "TWO", "MODE"]), st.sampled_from(["", "x", "y"]), max_size=3
    ),
    "layers": st.lists(st.sampled_from(LAYERS), unique=True),
    "reserved_concurrency": st.sampled_from(["off", 0, 5]),
    "vpc": st.sampled_from(
        [
            "off",
            {"subnets": [], "security_groups": []},
            {"subnets": ["subnet-2", "subnet-1"], "security_groups": ["sg-1"]},
            {"subnets": ["subnet-1"], "security_groups": ["sg-2", "sg-1"]},
        ]
    ),
    "dead_letter": st.sampled_from(
        ["off", *(f"arn:aws:{what}:eu-west-1:123456789012:failed" for what in ("sqs", "sns"))]
    ),
    "kms_key": st.sampled_from(["off", KEY, "arn:aws:kms:eu-west-1:123456789012:alias/orders"]),
    "logging": st.sampled_from(
        [{}, {"format": "text", "group": "shared"}, {"format": "json"}, {"format": "json", "system_level": "WARN"}]
    ),
    "snap_start": st.sampled_from(["off", "published_versions"]),
    "tags": st.dictionaries(st.sampled_from(["team", "stage"]), st.sampled_from(["", "x", "y"])),
    "publish": st.booleans(),
}
FOREIGN: list[tuple[str, dict[str, Any]]] = [
    ("UpdateFunctionConfiguration", {"FunctionName": NAME, "MemorySize": 256, "Description": "foreign"}),
    ("UpdateFunctionConfiguration", {"FunctionName": NAME, "Environment": {"Variables": {"ONE": "foreign"}}}),
    (
        "UpdateFunctionConfiguration",
        {"FunctionName": NAME, "LoggingConfig": {"LogFormat": "JSON", "LogGroup": "theirs"}},
    ),
    (
        "UpdateFunctionConfiguration",
        {"FunctionName": NAME, "VpcConfig": {"SubnetIds": ["subnet-9"], "SecurityGroupIds": ["sg-9"]}},
    ),
    ("PublishVersion", {"FunctionName": NAME}),
    ("PutFunctionConcurrency", {"FunctionName": NAME, "ReservedConcurrentExecutions": 7}),
    ("CreateAlias", {"FunctionName": NAME, "Name": "foreign", "FunctionVersion": "$LATEST"}),
    ("CreateAlias", {"FunctionName": NAME, "Name": "live", "FunctionVersion": "$LATEST"}),
    ("DeleteFunction", {"FunctionName": NAME}),
]


@st.composite
def aliases(draw: Any, versions: list[str]) -> Any:
    """One alias; `versions` are those that are there."""
    fixed = [*versions, "published"]
    alias: Any = draw(st.sampled_from(["absent", "published", "published", "$LATEST", *versions]))
    numbers = [version for version in versions if version != "$LATEST"]
    if numbers and draw(st.booleans()):
        weights = {draw(st.sampled_from(numbers)): draw(st.sampled_from([0.0, 0.1, 1.0]))}
        alias = {"version": draw(st.sampled_from(fixed)), "weights": weights, "description": "weighted"}
    return alias


@st.composite
def bodies(draw: st.DrawFn, versions: list[str], there: bool) -> Any:
    """A plan's body of the function; one that is not there is told all that creating it takes."""
    if draw(st.integers(0, 9)) == 0:
        return "absent"
    body: dict[str, Any] = draw(st.fixed_dictionaries({}, optional=SETTINGS))
    if draw(st.booleans()):
        names = st.sampled_from(["live", "beta"])
        body["aliases"] = draw(st.dictionaries(names, aliases(versions), max_size=2))
    if body.get("snap_start", "off") != "off":
        body["ephemeral_storage"] = 512  # more is refused by the declaration's own rules
    body["prune"] = [sort for sort in ("tags", "aliases") if sort in body and draw(st.booleans())]
    if not there or draw(st.booleans()):
        body = {**LEAST, **body}
        if draw(st.booleans()):
            body["architecture"] = draw(st.sampled_from(["arm64", "x86_64"]))
    return body


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_applying_a_diff_leaves_none(data: st.DataObject) -> None:
    """C2, C3, C6, C7: no call is refused, every goal becomes visible, and nothing differs in the end."""
    account = Applied()
    account.world.account.kms.register("alias/orders", KEY.rpartition("/")[2])
    for _ in range(data.draw(st.integers(1, 4))):
        there = account.look() is not None
        body = data.draw(bodies(list(account.versions()), there))
        wanted = declared(body, data.draw(st.sampled_from(["one", "two"])))
        diff, _ = account.plan(wanted)
        if any(finding.level == "error" for finding in diff.findings):
            assert {finding.code for finding in diff.findings} & {"no-version", "alias-weights", "snap-start"}
        else:
            account.apply(wanted)
            again, steps = account.plan(wanted)
            assert again.changes == ()
            assert steps == ()
            assert settled(account.look(function.reads(wanted.spec)))
            assert (account.look() is None) == isinstance(wanted.spec, Absent)
        for operation, parameters in data.draw(st.lists(st.sampled_from(FOREIGN), max_size=3)):
            try:
                account.world.call(operation, **parameters)
            except Refusal:
                continue
            account.world.wait(data.draw(st.sampled_from([0, 10])))
