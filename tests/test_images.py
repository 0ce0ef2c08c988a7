"""Dockerfile and docker-compose.yml, as far as they can be read without an engine."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]


@pytest.mark.parametrize(("extra", "sandboxed"), [("", False), ("sandbox", True)])
def test_only_the_sandbox_image_has_the_sandboxs_packages(extra: str, sandboxed: bool) -> None:
    """What the Dockerfile's own line lists, run as it stands."""
    (command,) = re.findall(r'python (-c ".*?")', DOCKERFILE.replace("\\\n", ""))
    listed = subprocess.run(
        ["sh", "-c", f"{sys.executable} {command}"],
        cwd=ROOT,
        env={**os.environ, "EXTRA": extra},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert "botocore" in listed
    assert any(line.startswith("moto") for line in listed) is sandboxed


def test_the_image_needs_no_sandbox_unless_asked() -> None:
    assert "ARG EXTRA=\n" in DOCKERFILE


def test_dependencies_are_installed_before_sources_are_copied() -> None:
    assert DOCKERFILE.index("pip install --no-cache-dir -r") < DOCKERFILE.index("COPY orchestrator")


def test_the_user_is_a_number() -> None:
    """Kubernetes' runAsNonRoot can't tell of a name whether it is root."""
    (user,) = re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE)
    assert int(user) > 0


def test_each_image_is_built_once() -> None:
    built = [service["image"] for service in SERVICES.values() if "build" in service]
    assert sorted(built) == sorted({service["image"] for service in SERVICES.values()})
