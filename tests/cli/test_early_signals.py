"""A signal in the second in which a command still imports, in a real process: nothing was begun, and it ends with its code."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from tests.render import schemas

ROOT = Path(__file__).parent.parent.parent
PLAN = "plan: shop\ntables:\n  orders: {partition_key: {id: S}, billing: on_demand}\n"
NOWHERE = ("--endpoint-url", "http://127.0.0.1:9", "--region", "eu-west-1", "--state", "none")
LONG_ENOUGH = 30


def _interrupted(folder: Path, module: str, signum: int, *command: str) -> "subprocess.CompletedProcess[str]":
    """The command line as it ends, after `signum` within its import of `module`."""
    (folder / "plan.yaml").write_text(PLAN)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ORCHESTRATOR_", "AWS_"))}
    return subprocess.run(
        [sys.executable, "-m", "tests.cli.early", module, str(int(signum)), *command],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONG_ENOUGH,
        check=False,
    )


@pytest.mark.parametrize(
    ("module", "signum"),
    [
        ("orchestrator.cli.commands.apply", signal.SIGINT),
        ("orchestrator.kinds.function.settling", signal.SIGTERM),
        ("orchestrator.kinds.function.settling", signal.SIGINT),
        ("anyio._backends._asyncio", signal.SIGTERM),
    ],
)
def test_a_signal_while_an_apply_imports_ends_it_with_an_error_document_and_a_report(
    module: str, signum: signal.Signals, tmp_path: Path
) -> None:
    command = ("apply", "plan.yaml", "--yes", "--format", "json", "--report", "report.json", *NOWHERE)
    ended = _interrupted(tmp_path, module, signum, *command)
    assert ended.returncode == 128 + signum, ended.stderr
    assert "Traceback" not in ended.stderr
    assert "Interrupted before the end." in ended.stderr
    document = json.loads(ended.stdout)
    jsonschema.validate(document, schemas.ERROR)
    assert document["exit_code"] == 128 + signum
    if module != "orchestrator.cli.commands.apply":  # before that, nobody knows its options
        assert json.loads((tmp_path / "report.json").read_text()) == document


def test_a_signal_while_a_validation_imports_ends_it(tmp_path: Path) -> None:
    ended = _interrupted(tmp_path, "orchestrator.kinds.function.settling", signal.SIGTERM, "validate", "plan.yaml")
    assert (ended.returncode, ended.stdout) == (143, "")
    assert "error: Interrupted before the end." in ended.stderr
