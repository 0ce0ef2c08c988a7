"""The nearest legal spelling, and lists that stay short."""

import pytest

from orchestrator.planning.suggest import counted, did_you_mean, listed, nearest

KEYS = ("partition_key", "sort_key", "projection", "billing", "stream", "point_in_time_recovery")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("projecton", "projection"),
        ("Projection", "projection"),
        ("PartitionKey", "partition_key"),
        ("partition-key", "partition_key"),
        ("sort key", "sort_key"),
        ("pointInTimeRecovery", "point_in_time_recovery"),
        ("biling", "billing"),
        ("proj", "projection"),
    ],
)
def test_a_misspelled_word_finds_the_right_one(word: str, meant: str) -> None:
    assert nearest(word, KEYS) == meant
    assert did_you_mean(word, KEYS) == f"Did you mean `{meant}`?"


@pytest.mark.parametrize("word", ["", "x", "pa", "environment", "z" * 10_000])
def test_a_word_that_is_like_none_finds_none(word: str) -> None:
    assert nearest(word, KEYS) is None
    assert did_you_mean(word, KEYS, "Write another.") == "Write another."


def test_among_very_many_words_those_that_begin_alike_are_looked_at() -> None:
    many = [f"tables-{number}" for number in range(10_000)]
    assert nearest("tables-77777", many) in many
    assert nearest("customers", [*many, "customer"]) == "customer"


def test_long_lists_are_cut() -> None:
    assert listed(["b", "a"]) == "a, b"
    assert listed(map(str, range(100, 150))).endswith("109 and 40 more")


def test_one_is_no_plural() -> None:
    assert [counted(number, "character") for number in (0, 1, 2)] == ["0 characters", "1 character", "2 characters"]
    assert [counted(number, "entry", "entries") for number in (1, 2)] == ["1 entry", "2 entries"]
