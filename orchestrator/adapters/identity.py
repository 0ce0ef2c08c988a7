"""Who runs this, where and from what: facts for people who read the history, none of them needed."""

import getpass
import os
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

CI_JOBS = (
    ("GITHUB_RUN_ID", "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}"),
    ("CI_JOB_URL", "{CI_JOB_URL}"),
    ("BUILD_URL", "{BUILD_URL}"),
    ("CIRCLE_BUILD_URL", "{CIRCLE_BUILD_URL}"),
    ("BUILDKITE_BUILD_URL", "{BUILDKITE_BUILD_URL}"),
    ("CODEBUILD_BUILD_ID", "{CODEBUILD_BUILD_ID}"),
    ("BITBUCKET_BUILD_NUMBER", "{BITBUCKET_BUILD_NUMBER}"),
)
"""GitHub, GitLab, Jenkins, CircleCI, Buildkite, CodeBuild, Bitbucket: the variable that tells one, and how its job is named."""
COMMITS = (
    "GITHUB_SHA",
    "CI_COMMIT_SHA",
    "GIT_COMMIT",
    "CIRCLE_SHA1",
    "BUILDKITE_COMMIT",
    "CODEBUILD_RESOLVED_SOURCE_VERSION",
    "BITBUCKET_COMMIT",
)
SHA_LENGTHS = (40, 64)


def identity(environ: Mapping[str, str], beside: Path) -> Mapping[str, str]:
    """User, host, process, tool and, where known, git commit (of the folder `beside`) and CI job."""
    facts = {
        "user": _user(environ),
        "host": platform.node() or "unknown",
        "process": str(os.getpid()),
        "tool": version("orchestrator"),
        "commit": next((environ[name] for name in COMMITS if environ.get(name)), None) or _commit(beside),
        "job": next((form.format_map(_Blank(environ)) for name, form in CI_JOBS if environ.get(name)), ""),
    }
    return {name: value for name, value in facts.items() if value}


class _Blank(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return ""


def _user(environ: Mapping[str, str]) -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's number without a name
        return str(os.getuid()) if hasattr(os, "getuid") else environ.get("USERNAME", "unknown")


def _commit(beside: Path) -> str:
    """The commit that is checked out where the plan is, read from git's own files: git itself need not be there."""
    try:
        for folder in (beside.resolve(), *beside.resolve().parents):
            git = folder / ".git"
            if git.is_file():  # a worktree or submodule
                git = folder / git.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
            if git.is_dir():
                return _head(git)
    except (OSError, UnicodeDecodeError):
        pass
    return ""


def _head(git: Path) -> str:
    head = (git / "HEAD").read_text(encoding="utf-8").strip()
    if not head.startswith("ref:"):
        return _sha(head)
    name = head.removeprefix("ref:").strip()
    common = git / "commondir"
    store = git / common.read_text(encoding="utf-8").strip() if common.is_file() else git
    if (store / name).is_file():
        return _sha((store / name).read_text(encoding="utf-8").strip())
    packed = store / "packed-refs"
    lines = packed.read_text(encoding="utf-8").splitlines() if packed.is_file() else []
    return next((_sha(line.split()[0]) for line in lines if line.endswith(f" {name}")), "")


def _sha(text: str) -> str:
    return text if len(text) in SHA_LENGTHS and all(one in "0123456789abcdef" for one in text) else ""
