"""What every renderer writes, byte for byte. ORCHESTRATOR_TEST_REWRITE=1 writes the files anew, for the eye to compare."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.render import FORMATS, View
from tests.render import nouns, staged

GOLDEN = Path(__file__).parent / "golden"
TEXT, JSON = FORMATS["text"], FORMATS["json"]
ADVICE = View(advice="Run `orchestrator apply plans/orders.yaml` to make them.")

CASES: dict[str, Callable[[], str]] = {
    "preview.txt": lambda: TEXT.preview(nouns.PREVIEW, ADVICE),
    "preview-requests.txt": lambda: TEXT.preview(nouns.PREVIEW, View(requests=True)),
    "preview-color.txt": lambda: TEXT.preview(nouns.PREVIEW, View(color=True)),
    "preview-nothing.txt": lambda: TEXT.preview(nouns.NOTHING, ADVICE),
    "staged.txt": lambda: TEXT.preview(staged.PREVIEW, ADVICE),
    "staged-requests.txt": lambda: TEXT.preview(staged.PREVIEW, View(requests=True)),
    "staged.json": lambda: JSON.preview(staged.PREVIEW),
    "report.txt": lambda: TEXT.report(nouns.REPORT, nouns.PREVIEW),
    "report-alone.txt": lambda: TEXT.report(nouns.REPORT),
    "report-nothing.txt": lambda: TEXT.report(nouns.DONE, nouns.NOTHING),
    "status.txt": lambda: TEXT.status(nouns.STATUS),
    "waited.txt": lambda: TEXT.waited(nouns.WAITED),
    "errors.txt": lambda: TEXT.errors(nouns.PROBLEMS, 3),
    "validation.txt": lambda: TEXT.validation([nouns.PLAN], [], 0),
    "invalid.txt": lambda: TEXT.validation([], nouns.PROBLEMS, 3),
    "preview.json": lambda: JSON.preview(nouns.PREVIEW),
    "report.json": lambda: JSON.report(nouns.REPORT, nouns.PREVIEW),
    "status.json": lambda: JSON.status(nouns.STATUS),
    "waited.json": lambda: JSON.waited(nouns.WAITED),
    "errors.json": lambda: JSON.errors(nouns.PROBLEMS, 3),
    "validation.json": lambda: JSON.validation([nouns.PLAN], [], 0),
}


@pytest.mark.parametrize("name", CASES)
def test_a_renderer_writes_exactly_this(name: str) -> None:
    written = CASES[name]()
    assert nouns.SECRET not in written
    path = GOLDEN / name
    if os.environ.get("ORCHESTRATOR_TEST_REWRITE"):
        path.write_text(written, encoding="utf-8")
    assert written == path.read_text(encoding="utf-8")


def test_every_golden_file_has_a_case() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == set(CASES)
