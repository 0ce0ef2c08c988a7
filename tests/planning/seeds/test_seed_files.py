"""Files of items: what each form of file comes to, and all that is wrong with one at its place."""

import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.errors import InvalidPlan, Problem
from orchestrator.kinds.task.conversion import Keys
from orchestrator.planning.seeds import SUFFIXES, check

KEYS: Keys = {"id": "S", "line": "N"}
ONE, TWO = {"id": {"S": "a"}, "line": {"N": "1"}}, {"id": {"S": "b"}, "line": {"N": "2"}, "price": {"N": "12.5"}}


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def items(folder: Path, name: str, content: str | bytes, keys: Keys | None = KEYS) -> list[Any]:
    return list(check(write(folder, name, content), keys))


def refused(folder: Path, name: str, content: str | bytes, keys: Keys | None = KEYS) -> tuple[Problem, ...]:
    with pytest.raises(InvalidPlan) as caught:
        check(write(folder, name, content), keys)
    assert all(problem.file == str(folder / name) for problem in caught.value.problems)
    return caught.value.problems


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("i.jsonl", '{"id": "a", "line": 1}\n{"id": "b", "line": 2, "price": 12.50}\n'),
        ("i.ndjson", '\ufeff{"id": "a", "line": 1}\r\n\r\n  {"id": "b", "line": 2.0, "price": 1250e-2}'),
        ("i.JSON", '\n[{"id": "a", "line": 1}, {"id": "b",\n "line": 2, "price": 12.50}]\n'),
        ("i.csv", "id,line:N,price:N\na,1,\nb,2,12.50\n"),
        ("i.csv", '\ufeffid:S,line:N,price:N\r\n"a",1,\r\n\r\nb,2,12.50\r\n'),
        ("i.yaml", "- {id: a, line: 1}\n- id: b\n  line: 0x2\n  price: 12.50\n"),
        ("i.yml", "id: a\nline: 1\n---\nid: b\nline: 2\nprice: 12.50\n"),
    ],
)
def test_each_form_comes_to_the_same_items(tmp_path: Path, name: str, content: str) -> None:
    assert items(tmp_path, name, content) == [ONE, TWO]


def test_a_cell_is_of_its_columns_type(tmp_path: Path) -> None:
    header = "id,b:BOOL,n:NULL,ss:SS,ns:NS,bs:BS,blob:B,l:L,m:M,doc:JSON,a:b:S"
    row = 'x,TRUE,null,"[""q"",""p""]","[2,1.0]","[""AAE=""]",AAE=,"[1]","{""k"":null}","""text""",c'
    (found,) = items(tmp_path, "i.csv", f"{header}\n{row}\n", None)
    assert found == {
        "id": {"S": "x"},
        "b": {"BOOL": True},
        "n": {"NULL": True},
        "ss": {"SS": ["p", "q"]},
        "ns": {"NS": ["1", "2"]},
        "bs": {"BS": [b"\x00\x01"]},
        "blob": {"B": b"\x00\x01"},
        "l": {"L": [{"N": "1"}]},
        "m": {"M": {"k": {"NULL": True}}},
        "doc": {"S": "text"},
        "a:b": {"S": "c"},
    }


def test_a_quoted_cell_may_have_several_lines_and_what_follows_keeps_its_place(tmp_path: Path) -> None:
    content = 'id,line:N,text\na,1,"one\ntwo, ""three"""\nb,x,\n'
    (problem,) = refused(tmp_path, "i.csv", content)
    assert (problem.line, problem.message) == (4, "Item 2: the cell of `line` is no number.")
    assert items(tmp_path, "i.csv", content.replace("b,x,", "b,2,"))[0]["text"] == {"S": 'one\ntwo, "three"'}


def test_binary_and_sets_in_json_lines_are_written_as_in_a_plan(tmp_path: Path) -> None:
    content = '{"id": "a", "b": {"$type": "B", "base64": "AAE="}, "s": {"$type": "NS", "values": [10, 1e0]}}'
    (found,) = items(tmp_path, "i.jsonl", content, None)
    assert found == {"id": {"S": "a"}, "b": {"B": b"\x00\x01"}, "s": {"NS": ["1", "10"]}}


def test_a_number_that_no_float_could_hold_stays_exact(tmp_path: Path) -> None:
    digits = "1234567890123456789.0123456789012345678"
    assert items(tmp_path, "i.jsonl", f'{{"n": {digits}}}', None) == [{"n": {"N": digits}}]
    assert items(tmp_path, "i.csv", f"n:N\n{digits}\n", None) == [{"n": {"N": digits}}]


@pytest.mark.parametrize(
    ("name", "content", "place", "said"),
    [
        ("i.jsonl", '{"id": "a", "line": 1}\n{"id": "a",}\n', (2, 12), "Item 2 is not JSON"),
        ("i.jsonl", '{"id": "a", "id": "b"}\n', (1, 1), "the key `id` stands twice"),
        ("i.jsonl", '{"id": "a", "line": NaN}\n', (1, 1), "NaN is no number"),
        ("i.jsonl", '{"n": 1e99999999999999999999}', (1, 1), "a number that is too large"),
        ("i.json", '[\n{"n": 1e99999999999999999999}]', (2, 1), "a number that is too large"),
        ("i.jsonl", '{"id": "a", "line": 1, "m": {"\\ud800": 1}}', (1, 1), "half of a character"),
        ("i.jsonl", "\n[1]\n", (2, 1), "Item 1 is no JSON object."),
        ("i.jsonl", b'{"id": "a", "line": 1}\n{"id": "\xff"}\n', (2, 9), "The byte 0xff here is not UTF-8."),
        (
            "i.jsonl",
            '{"id": "a", "line": "1"}\n',
            (1, 1),
            "Item 1, line: the table's key has a number (N) here, found a string.",
        ),
        ("i.jsonl", '{"id": "a"}\n', (1, 1), "Item 1 lacks `line`"),
        ("i.jsonl", '{"id": "", "line": 1}\n', (1, 1), "Item 1, id: what is part of a key can't be empty."),
        ("i.jsonl", '{"id": "a", "line": 1e126}\n', (1, 1), "is beyond what DynamoDB takes"),
        (
            "i.jsonl",
            '{"id": "a", "line": 1, "l": [1, {"$type": "SS", "values": []}]}\n',
            (1, 1),
            "Item 1, l[1].values is empty",
        ),
        (
            "i.jsonl",
            '{"id": "a", "line": 1}\n\n{"line": 1.0, "id": "a"}\n',
            (3, 1),
            "Item 2 has the same key as item 1.",
        ),
        ("i.jsonl", '{"id": "a", "line": 1, "x": ' + "[" * 100_000, (1, 1), "nested too deeply"),
        ("i.jsonl", '{"id": "a", "line": 1, "x": "' + "y" * 409_600 + '"}', (1, 1), "an item has 409,600 at most"),
        ("i.json", '[{"id": "a", "line": 1},{"id": "a", "line": 1}]', (1, 25), "the same key as item 1"),
        ("i.json", '[\n {"id": "a", "line": 1}\n {"id"', (3, 2), "A `,` or the list's end is missing here."),
        ("i.json", '[\n {"id": "a", "line": 1},\n {"id" 1}]', (3, 8), "is not JSON"),
        ("i.json", '{"id": "a"}', (1, 1), "holds no JSON list"),
        ("i.json", "[] x", (1, 4), "after the list's end"),
        ("i.csv", "id,line:M2\n", (1, 1), "Column 2 is of a type `M2`"),
        ("i.csv", "id,id:N\n", (1, 1), "The header names `id` 2 times."),
        ("i.csv", "id,:N\n", (1, 1), "Column 2 has no name."),
        ("i.csv", "", (1, 1), "The file has no header."),
        ("i.csv", "id,line:N\na,1,2\n", (2, 1), "Item 1 has 3 cells, where the header has 2."),
        ("i.csv", 'id,line:N\na,1\n"b,2\n', (3, 1), "The record that begins here is not CSV"),
        ("i.csv", "id,line:N,b:B\na,1,x\n", (2, 1), "the cell of `b` is not base64"),
        ("i.csv", "id,line:N,b:BOOL\na,1,yes\n", (2, 1), "is neither true nor false"),
        ("i.csv", "id,line:N,s:SS\na,1,x\n", (2, 1), "the cell of `s` is not JSON"),
        ("i.yaml", "- {id: a, line: 1}\n- x\n", (2, 3), "Item 2 is no mapping."),
        ("i.yaml", "- {id: a, line: 1}\n- {id: a, line: .inf}\n", (2, 17), "not a number"),
        ("i.yaml", "- {id: a, line: 1, id: b}\n", (1, 20), "stands here twice"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(
    tmp_path: Path, name: str, content: str | bytes, place: tuple[int, int], said: str
) -> None:
    (problem,) = refused(tmp_path, name, content)
    assert said in problem.message
    assert problem.action
    assert (problem.line, problem.column) == place


def test_everything_is_told_at_once_up_to_a_number(tmp_path: Path) -> None:
    content = "".join(f'{{"id": {number}}}\n' for number in range(3))
    assert [problem.line for problem in refused(tmp_path, "i.jsonl", content)] == [1, 1, 2, 2, 3, 3]
    many = refused(tmp_path, "i.jsonl", content * 100)
    assert len(many) == 21
    assert many[-1].message == "There is more wrong; 20 mistakes are shown."


def test_only_what_is_known_of_the_key_is_checked(tmp_path: Path) -> None:
    assert len(items(tmp_path, "i.jsonl", '{"id": 1}\n{"id": 1}\n', None)) == 2


def test_a_file_that_is_read_whole_has_a_limit_that_names_json_lines(tmp_path: Path) -> None:
    for name in ("i.json", "i.yaml"):
        (problem,) = refused(tmp_path, name, b"#" * (10 * 1024 * 1024 + 1))
        assert "10 MB" in problem.message
        assert ".jsonl" in problem.action


_WORDS = 'id line , : " { } [ ] 1 1e9 null &a *a N B \\ud800 \x00'
_PIECES = st.sampled_from([*_WORDS.split(" "), " ", "\n", "\r\n", "- ", "---\n"])


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(content=st.binary(max_size=40) | st.lists(_PIECES, max_size=25).map(lambda pieces: "".join(pieces).encode()))
def test_whatever_a_file_holds_is_items_or_told(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    path.write_bytes(content)
    for keys in (None, KEYS):
        problems: tuple[Problem, ...] = ()
        try:
            found = check(path, keys)
            assert len(list(found)) == found.number
        except InvalidPlan as error:
            problems = error.problems
        for problem in problems:
            assert problem.line
            assert problem.column
            assert problem.action


@pytest.mark.parametrize(
    ("name", "said"), [("none.jsonl", "There is no such file."), ("items.jsonn", "of this sort is not known")]
)
def test_a_name_that_is_none_finds_the_nearest(tmp_path: Path, name: str, said: str) -> None:
    write(tmp_path, "non.jsonl", "")
    with pytest.raises(InvalidPlan) as caught:
        check(tmp_path / name)
    (problem,) = caught.value.problems
    assert said in problem.message
    assert "Did you mean" in problem.action


def test_it_is_told_by_its_bytes_and_not_by_its_name(tmp_path: Path) -> None:
    one, same = (check(write(tmp_path, name, '{"id": "a"}\n')) for name in ("a.jsonl", "b.jsonl"))
    other = check(write(tmp_path, "c.jsonl", '{"id": "b"}\n'))
    assert one.stated == same.stated != other.stated


def test_a_file_that_was_changed_meanwhile_is_refused_before_an_item_of_it_is_used(tmp_path: Path) -> None:
    path = write(tmp_path, "i.jsonl", '{"id": "a"}\n')
    found = check(path)
    write(tmp_path, "i.jsonl", '{"id": "b"}\n{"id": "c"}\n')
    with pytest.raises(InvalidPlan, match="was changed"):
        next(iter(found))


@pytest.mark.parametrize("name", ["i.jsonl", "i.csv", "i.json"])
def test_a_change_that_nothing_but_the_bytes_show_is_seen_at_the_end(tmp_path: Path, name: str) -> None:
    content = {"i.jsonl": '{"id": "a"}\n', "i.csv": "id\na\n", "i.json": '[{"id": "a"}]'}[name]
    path = write(tmp_path, name, content)
    found, times = check(path), path.stat()
    write(tmp_path, name, content.replace("a", "b"))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    read: Iterator[Any] = iter(found)
    with pytest.raises(InvalidPlan, match="was changed"):
        list(read)


@pytest.mark.parametrize(
    ("name", "head", "line"), [("i.jsonl", "", '{{"id": "{:0100}"}}\n'), ("i.csv", "id\n", "{:0100}\n")]
)
def test_memory_does_not_grow_with_the_file(tmp_path: Path, name: str, head: str, line: str) -> None:
    path = write(tmp_path, name, head + "".join(line.format(number) for number in range(8_000)))
    tracemalloc.start()
    try:
        found = check(path)
        assert sum(1 for _ in found) == found.number == 8_000
        assert tracemalloc.get_traced_memory()[1] < 400_000 < path.stat().st_size
    finally:
        tracemalloc.stop()
