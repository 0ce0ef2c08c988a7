"""What YAML 1.2 means for a loaded plan: words stay words, null is no value, places are those of the file."""

import textwrap
from pathlib import Path

import pytest

from orchestrator.errors import InvalidPlan
from orchestrator.kinds.table.spec import TableSpec
from orchestrator.planning.load import load, read
from tests.planning.marks import marked
from tests.planning.plans import loaded, places, refused, resource

HEAD = "plan: shop\ntables:\n  orders:\n    partition_key: {id: S}\n"


def tag(folder: Path, scalar: str) -> object:
    """What a scalar in `tags` becomes: tags keep every text as it is written."""
    spec = resource(loaded(folder, f"{HEAD}    tags: {{a: {scalar}}}\n"), "tables.orders").spec
    assert isinstance(spec, TableSpec)
    assert spec.tags is not None
    return spec.tags["a"]


@pytest.mark.parametrize(
    "scalar",
    ["off", "no", "on", "yes", "y", "n", "1_000", "0o14", "0b11", "2026-01-01", "12:30:00", "1.50", "1e3", "007"],
)
def test_a_scalar_keeps_its_text(scalar: str, tmp_path: Path) -> None:
    assert tag(tmp_path, scalar) == scalar


@pytest.mark.parametrize(("scalar", "value"), [("0o14", 12), ("0x1F", 31), ("+5", 5), ("012", 12)])
def test_integers_of_the_core_schema(scalar: str, value: int, tmp_path: Path) -> None:
    text = f"{HEAD}    billing: {{provisioned: {{read: {scalar}, write: 1}}}}\n"
    assert resource(loaded(tmp_path, text), "tables.orders").spec.billing.provisioned.read == value


@pytest.mark.parametrize("scalar", ["1_000", "1:30", "0b11", "0o8"])
def test_what_only_yaml_1_1_takes_for_a_number_is_a_string(scalar: str, tmp_path: Path) -> None:
    (problem,) = refused(
        tmp_path, f"{HEAD}    billing: {{provisioned: {{read: '{scalar}', write: 1}}}}\n".replace("'", "")
    )
    assert problem.code == "wrong-value"
    assert problem.message.endswith(f"expected an integer, found `{scalar}`.")


@pytest.mark.parametrize("word", ["yes", "no", "on"])
def test_yes_and_no_are_no_booleans(word: str, tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, f"{HEAD}    deletion_protection: {word}\n")
    assert problem.message == f"tables.orders.deletion_protection: expected true or false, found `{word}`."


@pytest.mark.parametrize("word", ["off", "false"])
def test_off_clears_a_setting_and_so_does_false(word: str, tmp_path: Path) -> None:
    spec = resource(loaded(tmp_path, f"{HEAD}    stream: {word}\n    ttl: {word}\n"), "tables.orders").spec
    assert (spec.stream, spec.ttl) == ("off", "off")


@pytest.mark.parametrize("word", ["'off'", "no"])
def test_an_attribute_may_be_named_like_a_word(word: str, tmp_path: Path) -> None:
    """`off` clears whether quoted or not (YAML 1.2 has no other `off`); `no` is an attribute's name."""
    assert resource(loaded(tmp_path, f"{HEAD}    ttl: {word}\n"), "tables.orders").spec.ttl == word.strip("'")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_however_they_end(end: str, tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_bytes((HEAD + "    ttll: a\n").replace("\n", end).encode())
    with pytest.raises(InvalidPlan) as caught:
        load(read([file]))
    assert places(list(caught.value.problems)) == [(5, 5, "unknown-key")]


def test_columns_count_characters_not_bytes(tmp_path: Path) -> None:
    text, (place,) = marked("plan: shop\ntables: {orders: {tags: {ä: 😀é, b: §null}}}\n")
    assert places(refused(tmp_path, text)) == [(*place, "wrong-value")]


def test_anchors_work_and_each_place_is_told_by_its_own_path(tmp_path: Path) -> None:
    text = """
        plan: shop
        tables:
          orders:
            partition_key: &key {id: S}
            tags: &tags {team: a}
          bills: {partition_key: *key, tags: *tags}
    """
    bills = resource(loaded(tmp_path, text), "tables.bills").spec
    assert (bills.partition_key, bills.tags) == ({"id": "S"}, {"team": "a"})
    wrong = refused(tmp_path, textwrap.dedent(text).replace("team: a", "team: null"))
    assert {problem.subject for problem in wrong} == {"tables.orders.tags.team", "tables.bills.tags.team"}


def test_all_mistakes_that_can_be_read_past_are_told_at_once(tmp_path: Path) -> None:
    text, found = marked(
        HEAD + "    tags: {a: §!x b, §a: c, d: §.nan, §<<: {}, e: §*f}\n    §ttll: x\n    ttl: §5\n§plam: x\n"
    )
    told = [place[:2] for place in places(refused(tmp_path, text))]
    assert set(found[:5]) <= set(told)


@pytest.mark.parametrize("written", ["null", "~", "Null", "", "NULL"])
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
def test_null_is_an_error_wherever_it_stands(key: str, written: str, tmp_path: Path) -> None:
    *outer, last = key.split(".")
    lines = ["plan: shop", *(f"{'  ' * depth}{name}:" for depth, name in enumerate(outer))]
    (problem,) = refused(tmp_path, "\n".join([*lines, f"{'  ' * len(outer)}{last}: {written}"]) + "\n")
    assert (problem.line, problem.code, problem.subject) == (len(lines) + 1, "wrong-value", key)
    assert "found null" in problem.message
    assert "Leave the key out" in problem.action
