"""What the recipes say of times, exit codes and names agrees with the program, and within each of them."""

import re
from pathlib import Path
from typing import Any

import pytest

from orchestrator.cli.running import GRACE
from orchestrator.turns import CLOSING_SECONDS
from tests.examples import recipes

JOB = recipes.EXAMPLES / "kubernetes" / "job.yaml"
INIT = recipes.EXAMPLES / "kubernetes" / "init-container.yaml"
STARTING = 60
"""Seconds for an image, a start and its last words."""
CODES = {
    int(code): meaning
    for codes, meaning in re.findall(
        r"^\| ([\d, ]+) \| (.+) \|$",
        (recipes.ROOT / "docs" / "command-line.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    for code in codes.split(", ")
}
"""The exit codes as the command line's page tells them."""


def handled(action: str) -> set[int]:
    """The exit codes for which the Job does that."""
    rules = recipes.the("Job", JOB)["spec"]["podFailurePolicy"]["rules"]
    return {
        code for rule in rules if rule["action"] == action for code in rule.get("onExitCodes", {}).get("values", ())
    }


def test_only_what_ends_the_same_again_ends_the_job() -> None:
    assert handled("FailJob") == {3, 4, 64}
    assert CODES[3].startswith("the plan or a variable is invalid")
    assert CODES[4].startswith("refused")
    assert CODES[64].startswith("usage")


def test_what_aws_still_works_on_is_no_failure_of_the_job() -> None:
    assert handled("Ignore") == {6}
    assert "a deadline passed while AWS goes on" in CODES[6]


def test_the_jobs_rules_are_about_its_container_and_its_pods_are_not_started_again_in_place() -> None:
    job = recipes.the("Job", JOB)
    rules = job["spec"]["podFailurePolicy"]["rules"]
    assert {rule["onExitCodes"]["containerName"] for rule in rules if "onExitCodes" in rule} == {recipes.TOOL}
    assert recipes.pod(job)["restartPolicy"] == "Never"


def test_the_job_has_time_for_several_runs_that_end_at_their_deadline() -> None:
    job = recipes.the("Job", JOB)
    line = recipes.container_line(JOB, job)
    assert job["spec"]["activeDeadlineSeconds"] >= 3 * (line.seconds("--deadline") + STARTING)


def test_who_waits_for_the_job_waits_as_long_as_it_may_take() -> None:
    job, waiting = recipes.the("Job", JOB), recipes.the("Deployment", JOB)
    assert recipes.container_line(JOB, waiting).words[0] == "wait"
    assert waiting["spec"]["progressDeadlineSeconds"] >= job["spec"]["activeDeadlineSeconds"]


def test_a_rollout_is_not_called_stalled_before_its_apply_has_ended() -> None:
    deployment = recipes.the("Deployment", INIT)
    line = recipes.container_line(INIT, deployment)
    assert line.words[0] == "apply"
    assert deployment["spec"]["replicas"] > 1
    assert deployment["spec"]["progressDeadlineSeconds"] >= line.seconds("--deadline") + STARTING


WORKLOADS = [
    pytest.param(path, workload, id=f"{path.name}:{workload['kind']}") for path, workload in recipes.workloads()
]


@pytest.mark.parametrize(("path", "workload"), WORKLOADS)
def test_a_pod_that_is_ended_has_time_to_let_go_of_its_locks(path: Path, workload: dict[str, Any]) -> None:
    grace = recipes.pod(workload).get("terminationGracePeriodSeconds", 30)
    assert grace >= 2 * (GRACE + CLOSING_SECONDS)


@pytest.mark.parametrize(("path", "workload"), WORKLOADS)
def test_a_pod_runs_as_an_account_of_its_file_with_a_role(path: Path, workload: dict[str, Any]) -> None:
    accounts = {one["metadata"]["name"]: one for one in recipes.manifest(path) if one["kind"] == "ServiceAccount"}
    account = accounts[recipes.pod(workload)["serviceAccountName"]]
    assert ":role/" in account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"]


def test_the_application_beside_a_job_has_another_role_than_the_job() -> None:
    job, waiting = recipes.the("Job", JOB), recipes.the("Deployment", JOB)
    assert recipes.pod(job)["serviceAccountName"] != recipes.pod(waiting)["serviceAccountName"]
    roles = [
        one["metadata"]["annotations"]["eks.amazonaws.com/role-arn"]
        for one in recipes.manifest(JOB)
        if one["kind"] == "ServiceAccount"
    ]
    assert len(set(roles)) == 2


@pytest.mark.parametrize(("path", "workload"), WORKLOADS)
def test_a_selector_finds_its_pods(path: Path, workload: dict[str, Any]) -> None:
    wanted = workload["spec"].get("selector", {}).get("matchLabels", {})
    assert wanted.items() <= workload["spec"]["template"]["metadata"]["labels"].items()


# ------------------------------------------------------------------------------------------------------------- workflow


def test_each_run_of_the_workflow_ends_before_its_credentials() -> None:
    duration = min(
        step["with"]["role-duration-seconds"]
        for step in recipes.steps("apply")
        if "configure-aws-credentials" in step.get("uses", "")
    )
    lines = list(recipes.step_lines("apply"))
    assert len(lines) == 2
    assert all(line.seconds("--deadline") + STARTING <= duration for line in lines)


def test_the_workflow_is_not_cut_off_before_both_runs_had_their_time() -> None:
    job = recipes.workflow()["jobs"]["apply"]
    runs = sum(line.seconds("--deadline") for line in recipes.step_lines("apply"))
    assert job["timeout-minutes"] * 60 >= runs + 5 * STARTING
    assert job["concurrency"]["cancel-in-progress"] is False


def test_what_goes_on_after_6_hangs_on_the_code_that_the_apply_has_told() -> None:
    steps = recipes.steps("apply")
    (at,) = (number for number, step in enumerate(steps) if step.get("id") == "apply")
    waiting = [step for step in steps if "steps." in str(step.get("if"))]
    assert [step["if"] for step in waiting] == ["steps.apply.outputs.code == '6'"] * 2
    assert [steps.index(step) for step in waiting] == [at + 1, at + 2]
    assert 'echo "code=$code" >> "$GITHUB_OUTPUT"' in steps[at]["run"]


def test_a_pull_request_never_gets_the_role_that_may_change_something() -> None:
    for job, role in (("preview", "SCHEMA_PREVIEW_ROLE"), ("apply", "SCHEMA_APPLY_ROLE")):
        named = {
            step["with"]["role-to-assume"] for step in recipes.steps(job) if "role-to-assume" in step.get("with", {})
        }
        assert named == {"${{ vars." + role + " }}"}
    jobs = recipes.workflow()["jobs"]
    assert "github.event_name == 'pull_request'" in jobs["preview"]["if"]
    assert "github.event_name != 'pull_request'" in jobs["apply"]["if"]
    assert {line.words[0] for line in recipes.step_lines("preview")} == {"validate", "preview"}
