"""Values with rules of their own: ARNs, keys of KMS, secrets, the environment, null."""

from pathlib import Path

import pytest

from orchestrator.planning.load import Inputs
from tests.planning.marks import marked
from tests.planning.mistakes import LAYER, function, one, table
from tests.planning.plans import loaded, refused, resource


@pytest.mark.parametrize(
    "settings",
    [
        "role: 'arn:aws:iam::${account}:role/service-role/orders@${region}'",
        "role: 'arn:aws-us-gov:iam::123456789012:role/orders'",
        "role: '${functions.api.arn}'",
        "layers: ['arn:aws:lambda:${region}:${account}:layer:tools:3', '${functions.api.arn}:3']",
    ],
)
def test_an_arn_may_be_made_of_references(settings: str, tmp_path: Path) -> None:
    """One that is known only while running is left to AWS."""
    assert loaded(tmp_path, function(settings)).resources


@pytest.mark.parametrize(
    "key", ["alias/orders", "arn:aws:kms:eu-west-1:123456789012:key/a", "0" * 8 + "-0000" * 3 + "-" + "0" * 12]
)
def test_a_kms_key_of_a_table_is_an_arn_an_alias_or_an_id(key: str, tmp_path: Path) -> None:
    spec = resource(loaded(tmp_path, table(f"encryption: {{kms_key: '{key}'}}")), "tables.bills").spec
    assert spec.encryption.kms_key == key


def test_a_secret_is_not_quoted_where_it_stands_twice(tmp_path: Path) -> None:
    text, (place,) = marked(
        function("layers: ['${var.layer}', §'${var.layer}']").replace("{v: ", "{layer: {sensitive: true}, v: ")
    )
    (problem,) = refused(tmp_path, text, Inputs({"layer": LAYER.strip("'")}))
    assert (problem.line, problem.column, problem.code) == (*place, "repeated-entry")
    assert problem.message == "functions.job.layers[1]: this value stands in this list already."


def test_an_arn_is_measured_in_secret_too(tmp_path: Path) -> None:
    text, (place,) = marked(function("role: §'${var.role}'").replace("{v: ", "{role: {sensitive: true}, v: "))
    assert loaded(tmp_path, text, {"role": "arn:aws:iam::123456789012:role/orders"}).resources
    for value in ("s3cr3t", "arn:aws:iam::1:role/s3cr3t"):
        (problem,) = refused(tmp_path, text, Inputs({"role": value}))
        assert (problem.line, problem.column) == place
        assert problem.message == (
            "functions.job.role: expected the ARN of an IAM role, which the value of the sensitive variable is not."
        )
    (problem,) = refused(tmp_path, text.replace("'${var.role}'", "'x${var.role}'"), Inputs({"role": "s3cr3t"}))
    assert "is not" in problem.message
    assert "s3cr3t" not in str(problem)


@pytest.mark.parametrize("name", ["AWS_LAMBDA_EXEC_WRAPPER", "AWS_XRAY_CONTEXT_MISSING", "AWS_REGIONS", "TZ", "PATH"])
def test_names_that_only_look_reserved_may_be_set(name: str, tmp_path: Path) -> None:
    spec = resource(loaded(tmp_path, function(f"environment: {{{name}: x}}")), "functions.job").spec
    assert spec.environment == {name: "x"}


@pytest.mark.parametrize("letter", ["x", "é"])
def test_an_environment_has_four_kilobytes_as_json(letter: str, tmp_path: Path) -> None:
    """Bytes, not characters: {"KEY":"…"} has ten beside the value. What is known later counts nothing."""
    most = letter * (4086 // len(letter.encode()))
    for value in (most, f"${{var.v}}{most[1:]}", f"{most}${{functions.api.arn}}"):
        assert loaded(tmp_path, function(f"environment: {{KEY: '{value}'}}")).resources
    for value in (f"{most}x", "${var.v}" + most):
        problem = one(tmp_path, function(f"§environment: {{KEY: '{value}'}}"))
        assert (problem.code, problem.message) == (
            "environment-too-large",
            "functions.job.environment has 4,097 bytes as JSON; Lambda takes 4,096 at most.",
        )


@pytest.mark.parametrize(
    "key",
    [
        "description",
        "account",
        "tables",
        "tables.orders",
        "tables.orders.ttl",
        "tables.orders.tags",
        "tables.orders.tags.a",
    ],
)
def test_null_is_an_error_wherever_it_stands(key: str, tmp_path: Path) -> None:
    *outer, last = key.split(".")
    lines = ["plan: shop", *(f"{'  ' * depth}{name}:" for depth, name in enumerate(outer))]
    (problem,) = refused(tmp_path, "\n".join([*lines, f"{'  ' * len(outer)}{last}: null"]) + "\n")
    assert (problem.line, problem.code, problem.subject) == (len(lines) + 1, "wrong-value", key)
    assert "found null" in problem.message
    assert "Leave the key out" in problem.action


@pytest.mark.parametrize(
    ("index", "codes"),
    [
        ("{sort_key: {a: S}, projecton: all}", {"half-key", "unknown-key"}),
        ("{sort_key: {a: S}, projection: [5]}", {"half-key", "wrong-value"}),
        ("{sort_key: {a: S}, billing: {provisioned: {read: 5}}}", {"half-key", "missing-key"}),
        ("{partition_key: {a: X}, sort_key: {b: S}}", {"wrong-value"}),
        ("{partition_key: 5, sort_key: {b: S}, projecton: all}", {"wrong-value", "unknown-key"}),
    ],
)
def test_half_a_key_of_an_index_is_told_beside_what_else_is_wrong_there(
    tmp_path: Path, index: str, codes: set[str]
) -> None:
    text = f"plan: p\nnonsense: 1\ntables: {{ttt: {{stream: 5, indexes: {{by_a: {index}}}}}}}\n"
    found = {problem.code for problem in refused(tmp_path, text)}
    assert found == {*codes, "unknown-key", "wrong-value"}
    within = {problem.code for problem in refused(tmp_path, text) if "by_a" in (problem.subject or "")}
    assert within == codes
