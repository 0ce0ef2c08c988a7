"""The command lines of the recipes, word by word, against a sandbox over HTTP."""

import re
import subprocess
from pathlib import Path

import pytest

from orchestrator.sandbox import server as sandbox_server
from tests.cli.conftest import Command
from tests.cli.test_sandbox import Started
from tests.examples import recipes
from tests.examples.conftest import installed
from tests.sandbox.served import REGION, Served

pytestmark = pytest.mark.http


def test_b11_what_the_pods_run_makes_it_finds_it_made_and_waits_for_it(
    command: Command, sandbox: Served, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The init container's apply, then what the Job and the waiting pods of the other recipe make of the same."""
    ends = {}
    for path, workload in recipes.workloads():
        for variable in recipes.tool(workload)["env"]:
            monkeypatch.setenv(variable["name"], variable["value"])
        line = recipes.container_line(path, workload)
        ends[str(line)] = command(*line.words)
    assert {name: ended.code for name, ended in ends.items()} == {
        "init-container.yaml:Deployment": 0,
        "job.yaml:Job": 0,
        "job.yaml:Deployment": 0,
    }
    assert "create table orders-prod" in ends["init-container.yaml:Deployment"].out
    assert "Nothing to do" in ends["job.yaml:Job"].out
    assert "planned and settled" in ends["job.yaml:Deployment"].out
    assert sandbox.client("dynamodb").describe_table(TableName="orders-prod")["Table"]["TableStatus"] == "ACTIVE"


def test_a_pod_that_may_not_apply_waits_in_vain_where_nobody_does(
    command: Command, sandbox: Served, folder: Path
) -> None:
    workload = recipes.the("Deployment", recipes.EXAMPLES / "kubernetes" / "job.yaml")
    words = list(recipes.container_line(Path("job.yaml"), workload).words)
    words[words.index("--deadline") + 1] = "1s"
    assert command(*words).code == 6
    assert sandbox.client("dynamodb").list_tables()["TableNames"] == []


def test_the_workflows_commands_preview_apply_and_go_on(command: Command, sandbox: Served, folder: Path) -> None:
    lines = [*recipes.step_lines("preview"), *recipes.step_lines("apply")]
    ends = [command(*line.words) for line in lines]
    assert [line.words[0] for line in lines] == ["validate", "preview", "apply", "apply"]
    assert [ended.code for ended in ends] == [0, 0, 0, 0], [ended.err for ended in ends]
    assert "create table orders-prod" in (folder / "preview.txt").read_text()
    assert "CreateTable" in (folder / "preview.txt").read_text()
    assert "create table orders-prod" in ends[2].out
    assert "Nothing to do" in ends[3].out
    assert '"outcome": "nothing_to_do"' in (folder / "report.json").read_text()


# -------------------------------------------------------------------------------- what the workflow's shell makes of them


def script(job: str, name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run a step as GitHub does where `shell: bash` is said; its exit code."""
    assert recipes.workflow()["defaults"]["run"]["shell"] == "bash"
    for variable in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        monkeypatch.setenv(variable, str(folder / variable))
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", recipes.step(job, name)["run"]]
    return subprocess.run(command, check=False).returncode


@pytest.mark.parametrize(("code", "ends"), [(0, 0), (6, 0), (1, 1), (3, 3), (4, 4), (5, 5), (7, 7), (143, 143)])
def test_only_what_is_not_done_yet_goes_on_to_the_next_step(
    code: int, ends: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(folder, f"exit {code}")
    assert script("apply", "Apply", folder, monkeypatch) == ends
    assert (folder / "GITHUB_OUTPUT").read_text() == f"code={code}\n"


def test_the_preview_is_the_jobs_summary(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(folder, 'while [ "$1" != --out ]; do shift; done; echo "1 + create" > "$2"')
    assert script("preview", "Preview", folder, monkeypatch) == 0
    assert (folder / "GITHUB_STEP_SUMMARY").read_text() == "```text\n1 + create\n```\n"


def test_a_preview_that_fails_fails_the_job(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(folder, "exit 3")
    assert script("preview", "Preview", folder, monkeypatch) == 3
    assert not (folder / "GITHUB_STEP_SUMMARY").exists()


# -------------------------------------------------------------------------------------------------------------- compose


def test_b11_what_compose_starts_migrates_before_the_application(
    command: Command, sandbox: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the order that `depends_on` says, with the addresses of this machine in the place of compose's network."""
    services = recipes.services()
    assert services["migrate"]["depends_on"] == {"aws": {"condition": "service_healthy"}}
    assert services["app"]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}

    check = services["aws"]["healthcheck"]["test"]
    assert check[0] == "CMD"
    here = [word.replace("http://127.0.0.1:4566", sandbox.server.endpoint) for word in check[1:]]
    assert here != check[1:]
    assert subprocess.run(here, check=False).returncode == 0

    monkeypatch.chdir(recipes.ROOT)
    for name in ("migrate", "app"):
        for variable, value in services[name]["environment"].items():
            monkeypatch.setenv(variable, value.replace("http://aws:4566", sandbox.server.endpoint))
    migrated = command(*services["migrate"]["command"])
    assert (migrated.code, "8 steps: 8 done." in migrated.out) == (0, True), migrated.err
    shown = command(*services["app"]["command"])
    assert (shown.code, len(re.findall(r"in place", shown.out)) > 2) == (0, True), shown.out


def test_composes_sandbox_listens_where_the_others_look_for_it(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = Started()
    monkeypatch.setattr(sandbox_server, "SandboxServer", started)
    command(*recipes.services()["aws"]["command"])
    assert (started.options["host"], started.options["port"]) == ("0.0.0.0", 4566)
    for name in ("migrate", "app"):
        environment = recipes.services()[name]["environment"]
        assert environment["AWS_ENDPOINT_URL"] == f"http://aws:{started.options['port']}"
        assert environment["AWS_REGION"] == REGION
