"""Items of a file that have the same key: all are found, in memory that does not grow with the file."""

import os
import random
import tracemalloc
from collections.abc import Iterable
from pathlib import Path

import pytest

from orchestrator.errors import InvalidPlan
from orchestrator.planning.seeds import check, file, repeats

EVERY = bool(os.environ.get("ORCHESTRATOR_TEST_EVERY_START"))
LONG = pytest.mark.skipif(not EVERY, reason="minutes: ORCHESTRATOR_TEST_EVERY_START=1")


def written(folder: Path, keys: Iterable[int]) -> Path:
    path = folder / "items.jsonl"
    with path.open("w") as stream:
        stream.writelines(f'{{"id": "{key:0100}"}}\n' for key in keys)
    return path


def told(path: Path) -> list[str]:
    """The messages, each with its line before it."""
    try:
        check(path, {"id": "S"})
    except InvalidPlan as error:
        return [f"{problem.line} {problem.message}" for problem in error.problems]
    return []


@pytest.mark.parametrize(
    ("items", "most"),
    [
        (8_000, 400_000),
        pytest.param(200_000, 2_500_000, marks=LONG),
        pytest.param(1_000_000, 12_000_000, marks=LONG),
    ],
)
def test_memory_does_not_grow_with_the_keys(tmp_path: Path, items: int, most: int) -> None:
    path = written(tmp_path, range(items))
    tracemalloc.start()
    try:
        assert check(path, {"id": "S"}).number == items
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("room", [50, 1_000])
def test_what_there_is_no_room_for_is_told_by_reading_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    monkeypatch.setattr(repeats, "MOST_HELD", room)
    keys = list(range(500))
    random.Random(1).shuffle(keys)
    assert told(written(tmp_path, keys)) == []
    again = [keys[7], keys[499], keys[7]]
    assert told(written(tmp_path, keys + again)) == [
        "501 Item 501 has the same key as item 8.",
        "502 Item 502 has the same key as item 500.",
        "503 Item 503 has the same key as item 8.",
    ]


def test_keys_that_only_have_the_same_digest_are_not_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (file, repeats):
        monkeypatch.setattr(module, "digest", lambda identity: 2**63)
    assert told(written(tmp_path, range(50))) == []
    assert told(written(tmp_path, [*range(50), 3])) == ["51 Item 51 has the same key as item 4."]


def test_very_many_are_told_as_a_few(tmp_path: Path) -> None:
    messages = told(written(tmp_path, [*range(3_000), *range(3_000)]))
    assert len(messages) == file.MOST_PROBLEMS + 1
    assert all("has the same key as item" in message for message in messages[:-1])
    assert messages[-1].endswith("There is more wrong; 20 mistakes are shown.")


def test_they_are_told_among_what_else_is_wrong_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text('{"id": "a"}\n{"id": "a"}\n{"id": 1}\n{"id": "a"}\n{"id": "b"}\n\n["b"]\n{"id": "b"}\n')
    assert [message.split()[0] for message in told(path)] == ["2", "3", "4", "7", "8"]
