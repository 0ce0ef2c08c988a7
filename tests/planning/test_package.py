"""Code packaging: the same files give the same bytes anywhere, and what can't be packed is a Problem, never a traceback."""

import base64
import hashlib
import io
import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.errors import InvalidPlan, Problem
from orchestrator.kinds.function.spec import CodeSpec
from orchestrator.planning import package as packaging
from orchestrator.planning.package import package

TREE = {
    "app.py": b"def handler(event, context):\n    return event\n",
    "lib/__init__.py": b"",
    "lib/zebra.py": b"Z = 1\n",
    "lib/Ärger.py": "name = 'ä'\n".encode(),
    "bin/run": b"#!/bin/sh\n",
    "B.txt": b"B",
    "a.txt": b"a",
}
GOLDEN = "8i/3IpXy4PC7Z1fmoXVkLkwFvcPlXfAnGsug4dOf3gQ="
"""The digest of TREE with bin/run executable: it must never change, or every function of every user is deployed anew."""


@pytest.fixture(autouse=True)
def _usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def write(root: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def golden_tree(root: Path, *, backwards: bool = False) -> Path:
    names = sorted(TREE, reverse=backwards)
    write(root, {name: TREE[name] for name in names})
    (root / "bin/run").chmod(0o755)
    return root


def directory(root: Path, *exclude: str) -> CodeSpec:
    return CodeSpec(directory=root.name, exclude=exclude)


def names(root: Path, *exclude: str) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(package(directory(root, *exclude), root.parent).data)) as archive:
        return archive.namelist()


def problems(spec: CodeSpec, folder: Path) -> tuple[Problem, ...]:
    with pytest.raises(InvalidPlan) as raised:
        package(spec, folder)
    assert all(problem.action and problem.subject for problem in raised.value.problems)
    return raised.value.problems


def codes(spec: CodeSpec, folder: Path) -> list[str]:
    return [problem.code for problem in problems(spec, folder)]


def archive(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        for name, data in files.items():
            opened.writestr(name, data)
    return buffer.getvalue()


class TestSameFilesSameBytes:
    def test_golden_digest(self, tmp_path: Path) -> None:
        """C7: the digest is the one that Lambda answers as CodeSha256, and is fixed for ever."""
        blob = package(directory(golden_tree(tmp_path / "code")), tmp_path)
        assert blob.sha256 == GOLDEN
        assert blob.sha256 == base64.b64encode(hashlib.sha256(blob.data).digest()).decode()

    def test_independent_of_order_times_and_modes(self, tmp_path: Path) -> None:
        first = package(directory(golden_tree(tmp_path / "one")), tmp_path)
        os.umask(0o077)
        root = golden_tree(tmp_path / "two", backwards=True)
        for path in root.rglob("*"):
            os.utime(path, (0, 0))
        (root / "bin/run").chmod(0o700)
        (root / "a.txt").chmod(0o600)
        (root / "B.txt").chmod(0o674)  # executable for the group, not for the owner
        assert package(directory(root), tmp_path).data == first.data

    def test_independent_of_how_the_file_system_lists(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        root = golden_tree(tmp_path / "code")
        iterdir = Path.iterdir
        monkeypatch.setattr(Path, "iterdir", lambda path: iter(sorted(iterdir(path), reverse=True)))
        assert package(directory(root), tmp_path).sha256 == GOLDEN

    def test_independent_of_locale_zone_and_hash_seed(self, tmp_path: Path) -> None:
        golden_tree(tmp_path / "code")
        script = (
            "from pathlib import Path; from orchestrator.kinds.function.spec import CodeSpec;"
            "from orchestrator.planning.package import package;"
            f"print(package(CodeSpec(directory='code'), Path({str(tmp_path)!r})).sha256)"
        )
        environment = {"LC_ALL": "C", "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "7"}
        done = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == GOLDEN

    def test_entries_are_stored_sorted_dated_and_without_folders(self, tmp_path: Path) -> None:
        blob = package(directory(golden_tree(tmp_path / "code")), tmp_path)
        with zipfile.ZipFile(io.BytesIO(blob.data)) as opened:
            entries = opened.infolist()
            assert opened.testzip() is None
            assert {entry.filename: opened.read(entry) for entry in entries} == TREE
        assert [entry.filename for entry in entries] == sorted(TREE)
        assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}
        assert {entry.create_system for entry in entries} == {3}
        modes = {entry.filename: entry.external_attr >> 16 for entry in entries}
        assert modes.pop("bin/run") == stat.S_IFREG | 0o755
        assert set(modes.values()) == {stat.S_IFREG | 0o644}

    def test_a_changed_byte_a_mode_and_a_name_change_the_digest(self, tmp_path: Path) -> None:
        root = golden_tree(tmp_path / "code")
        digests = {package(directory(root), tmp_path).sha256}
        (root / "a.txt").write_bytes(b"b")
        digests.add(package(directory(root), tmp_path).sha256)
        (root / "a.txt").chmod(0o755)
        digests.add(package(directory(root), tmp_path).sha256)
        (root / "a.txt").rename(root / "b.txt")
        digests.add(package(directory(root), tmp_path).sha256)
        assert len(digests) == 4


class TestWhatIsLeftOut:
    def test_compiled_python_is(self, tmp_path: Path) -> None:
        files = {
            "app.py": b"",
            "app.pyc": b"",
            "__pycache__/app.cpython-313.pyc": b"",
            "a/__pycache__/x": b"",
            "a/b.py": b"",
        }
        assert names(write(tmp_path / "code", files)) == ["a/b.py", "app.py"]

    @pytest.mark.parametrize(
        ("glob", "left"),
        [
            ("**/*_test.py", ["a/b/c.txt", "a/d.py", "e.py"]),
            ("*_test.py", ["a/b/c.txt", "a/b/x_test.py", "a/d.py", "e.py"]),
            ("a", ["e.py", "y_test.py"]),
            ("a/", ["e.py", "y_test.py"]),
            ("a/**", ["e.py", "y_test.py"]),
            ("a/*.py", ["a/b/c.txt", "a/b/x_test.py", "e.py", "y_test.py"]),
            ("a/**/c.txt", ["a/b/x_test.py", "a/d.py", "e.py", "y_test.py"]),
            ("**/b/**", ["a/d.py", "e.py", "y_test.py"]),
            ("?.py", ["a/b/c.txt", "a/b/x_test.py", "a/d.py", "y_test.py"]),
            ("[a-e].py", ["a/b/c.txt", "a/b/x_test.py", "a/d.py", "y_test.py"]),
            ("A", ["a/b/c.txt", "a/b/x_test.py", "a/d.py", "e.py", "y_test.py"]),
            ("", ["a/b/c.txt", "a/b/x_test.py", "a/d.py", "e.py", "y_test.py"]),
        ],
    )
    def test_exclude(self, tmp_path: Path, glob: str, left: list[str]) -> None:
        root = write(
            tmp_path / "code", dict.fromkeys(["a/b/c.txt", "a/b/x_test.py", "a/d.py", "e.py", "y_test.py"], b"")
        )
        assert names(root, glob) == left

    def test_many_stars_end_soon(self, tmp_path: Path) -> None:
        root = write(tmp_path / "code", {"/".join("a" * 40) + "/b": b""})
        assert names(root, "/".join(["**", "a"] * 30) + "/c") == ["/".join("a" * 40) + "/b"]


class TestLinks:
    def test_inside_are_followed(self, tmp_path: Path) -> None:
        root = write(tmp_path / "code", {"lib/x.py": b"x", "app.py": b""})
        (root / "copy.py").symlink_to("lib/x.py")
        (root / "again").symlink_to("lib")
        data = package(directory(root), tmp_path).data
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            assert opened.namelist() == ["again/x.py", "app.py", "copy.py", "lib/x.py"]
            assert opened.read("again/x.py") == opened.read("copy.py") == b"x"

    def test_the_directory_may_be_one(self, tmp_path: Path) -> None:
        write(tmp_path / "real", {"app.py": b""})
        (tmp_path / "code").symlink_to("real")
        assert names(tmp_path / "code") == ["app.py"]

    def test_leading_out_are_refused(self, tmp_path: Path) -> None:
        root = write(tmp_path / "code", {"app.py": b""})
        write(tmp_path, {"secret.txt": b"", "code-too/x": b""})
        (root / "out.txt").symlink_to(tmp_path / "secret.txt")
        (root / "folder").symlink_to("../code-too")
        found = problems(directory(root), tmp_path)
        assert [problem.code for problem in found] == ["code-link-outside"] * 2
        assert [Path(str(problem.subject)).name for problem in found] == ["folder", "out.txt"]

    def test_loops_end(self, tmp_path: Path) -> None:
        root = write(tmp_path / "code", {"a/b/app.py": b""})
        (root / "a/b/up").symlink_to("../..")
        (root / "a/here").symlink_to(".")
        (root / "self").symlink_to("self")
        assert codes(directory(root), tmp_path) == ["code-link-loop", "code-link-loop", "code-unreadable"]
        assert names(root, "**/up", "a/here", "self") == ["a/b/app.py"]

    def test_a_tree_that_doubles_at_each_level_ends(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(packaging, "MOST_FILES", 1000)
        root = tmp_path / "code"
        for level in range(40):
            folder = root / f"level{level}"
            folder.mkdir(parents=True)
            for side in "lr":
                (folder / side).symlink_to(f"../level{level + 1}")
        write(root, {"level40/app.py": b""})
        assert codes(directory(root), tmp_path) == ["code-too-large"]

    def test_broken_are_refused_and_named(self, tmp_path: Path) -> None:
        root = write(tmp_path / "code", {"app.py": b""})
        (root / "gone").symlink_to("nowhere")
        (problem,) = problems(directory(root), tmp_path)
        assert problem.code == "code-unreadable"
        assert str(problem.subject).endswith("code/gone")


class TestDirectoriesThatCannotBePacked:
    def test_missing(self, tmp_path: Path) -> None:
        assert codes(CodeSpec(directory="nowhere"), tmp_path) == ["code-not-found"]

    def test_a_file(self, tmp_path: Path) -> None:
        write(tmp_path, {"code": b""})
        assert codes(CodeSpec(directory="code"), tmp_path) == ["code-not-a-directory"]

    @pytest.mark.parametrize("files", [{}, {"a/__pycache__/x.pyc": b""}])
    def test_empty(self, tmp_path: Path, files: dict[str, bytes]) -> None:
        (tmp_path / "code").mkdir()
        assert codes(directory(write(tmp_path / "code", files)), tmp_path) == ["code-empty"]

    def test_a_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        root = write(tmp_path / "code", {"app.py": b""})
        os.mkfifo(root / "pipe")
        assert codes(directory(root), tmp_path) == ["code-not-a-file"]

    def test_unreadable_files_and_folders_are_all_reported(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        root = write(tmp_path / "code", {"a.py": b"", "b.py": b"", "c.py": b""})
        read = Path.read_bytes

        def refuse(path: Path) -> bytes:
            if path.name != "b.py":
                raise PermissionError(13, "Permission denied")
            return read(path)

        monkeypatch.setattr(Path, "read_bytes", refuse)
        found = problems(directory(root), tmp_path)
        assert [(problem.code, Path(str(problem.subject)).name) for problem in found] == [
            ("code-unreadable", "a.py"),
            ("code-unreadable", "c.py"),
        ]

    def test_a_folder_that_cannot_be_listed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        root = write(tmp_path / "code", {"a/x.py": b"", "b.py": b""})
        iterdir = Path.iterdir

        def refuse(path: Path) -> Iterator[Path]:
            if path.name == "a":
                raise PermissionError(13, "Permission denied")
            return iterdir(path)

        monkeypatch.setattr(Path, "iterdir", refuse)
        (problem,) = problems(directory(root), tmp_path)
        assert "Permission denied" in problem.message

    def test_a_name_that_is_not_utf8(self, tmp_path: Path) -> None:
        root = write(tmp_path / "code", {"app.py": b""})
        (root / os.fsdecode(b"caf\xe9.txt")).write_bytes(b"")
        (problem,) = problems(directory(root), tmp_path)
        assert problem.code == "code-bad-name"
        str(problem).encode()

    def test_very_deep(self, tmp_path: Path) -> None:
        folders = [tmp_path / "code"]
        for _ in range(1100):  # deeper than Python's stack
            folders.append(folders[-1] / "d")
        for folder in folders:
            folder.mkdir()
        (folders[-1] / "app.py").touch()
        assert names(tmp_path / "code") == ["/".join("d" * 1100) + "/app.py"]
        (folders[-1] / "app.py").unlink()
        for folder in reversed(folders):  # pytest's own clean-up is recursive
            folder.rmdir()

    def test_over_50_mb_points_to_s3(self, tmp_path: Path) -> None:
        root = write(tmp_path / "code", {"app.py": b""})
        os.truncate(root / "app.py", packaging.ZIPPED_LIMIT)  # sparse: the headers are what is too much
        (problem,) = problems(directory(root), tmp_path)
        assert problem.code == "code-too-large"
        assert "S3" in problem.action

    def test_a_name_with_a_null_byte(self, tmp_path: Path) -> None:
        assert codes(CodeSpec(directory="a\0b"), tmp_path) == ["code-unreadable"]


class TestZipFiles:
    def test_are_taken_as_they_are(self, tmp_path: Path) -> None:
        data = archive(app=b"x" * 1000)
        write(tmp_path, {"build/app.zip": data})
        assert package(CodeSpec(zip="build/app.zip"), tmp_path).data == data

    def test_missing(self, tmp_path: Path) -> None:
        assert codes(CodeSpec(zip="app.zip"), tmp_path) == ["code-not-found"]

    def test_a_directory_is_told_how_to_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "src").mkdir()
        (problem,) = problems(CodeSpec(zip="src"), tmp_path)
        assert problem.code == "code-not-zip"
        assert "code: {directory: src}" in problem.action

    @pytest.mark.parametrize("data", [b"", b"no zip", archive(app=b"x" * 100)[:-10]], ids=["none", "text", "cut"])
    def test_other_bytes(self, tmp_path: Path, data: bytes) -> None:
        write(tmp_path, {"app.zip": data})
        assert codes(CodeSpec(zip="app.zip"), tmp_path) == ["code-not-zip"]

    def test_without_entries(self, tmp_path: Path) -> None:
        write(tmp_path, {"app.zip": archive()})
        assert codes(CodeSpec(zip="app.zip"), tmp_path) == ["code-empty"]

    def test_a_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "app.zip")
        assert codes(CodeSpec(zip="app.zip"), tmp_path) == ["code-not-a-file"]

    def test_over_50_mb_points_to_s3(self, tmp_path: Path) -> None:
        write(tmp_path, {"app.zip": b""})
        os.truncate(tmp_path / "app.zip", packaging.ZIPPED_LIMIT + 1)
        (problem,) = problems(CodeSpec(zip="app.zip"), tmp_path)
        assert problem.code == "code-too-large"
        assert "S3" in problem.action

    def test_over_250_mb_unzipped(self, tmp_path: Path) -> None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as opened:
            for number in range(26):
                opened.writestr(str(number), bytes(10 * 1024 * 1024))
        write(tmp_path, {"app.zip": buffer.getvalue()})
        (problem,) = problems(CodeSpec(zip="app.zip"), tmp_path)
        assert problem.code == "code-too-large"
        assert "unzipped" in problem.message

    def test_unreadable(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write(tmp_path, {"app.zip": archive(app=b"x")})

        def refuse(_: Path) -> bytes:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "read_bytes", refuse)
        assert codes(CodeSpec(zip="app.zip"), tmp_path) == ["code-unreadable"]

    @pytest.mark.parametrize("name", ["a\0b", "x" * 300, "app.zip/inner"])
    def test_impossible_names(self, tmp_path: Path, name: str) -> None:
        write(tmp_path, {"app.zip": archive(app=b"x")})
        assert len(codes(CodeSpec(zip=name), tmp_path)) == 1

    @given(st.data())
    def test_damaged_ones_are_problems_or_packages(
        self, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
    ) -> None:
        damaged = bytearray(archive(app=b"x" * 20, lib=b"y"))
        for place in data.draw(st.lists(st.integers(0, len(damaged) - 1), max_size=8)):
            damaged[place] = data.draw(st.integers(0, 255))
        folder = tmp_path_factory.mktemp("fuzz")
        (folder / "app.zip").write_bytes(damaged)
        outcome = attempt(CodeSpec(zip="app.zip"), folder)
        assert outcome in (bytes(damaged), ["code-not-zip"], ["code-empty"], ["code-too-large"])


def attempt(spec: CodeSpec, folder: Path) -> bytes | list[str]:
    try:
        return package(spec, folder).data
    except InvalidPlan as refused:
        return [problem.code for problem in refused.problems]


@pytest.mark.parametrize("form", [{"s3": {"bucket": "artifacts", "key": "app.zip"}}, {"image": "x"}])
def test_what_is_only_pointed_to_is_not_packaged(form: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nothing to package"):
        package(CodeSpec.model_validate(form), tmp_path)
