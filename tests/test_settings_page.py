"""docs/settings.md says what the rows say of themselves, and they say it in sentences."""

import pytest

from orchestrator.kinds import KINDS
from orchestrator.kinds.contract import About
from tools.settings_page import PAGE, page

ABOUT = {
    f"{section}.{name}": about
    for section, kind in KINDS.items()
    for name, about in (("", kind.ABOUT), *((row.name, row.about) for row in kind.ROWS.values()))
}


def test_the_page_is_what_the_rows_say() -> None:
    """`python -m tools.settings_page` writes it anew."""
    assert PAGE.read_text(encoding="utf-8") == page()


@pytest.mark.parametrize("about", ABOUT.values(), ids=ABOUT)
def test_every_setting_is_described_in_sentences(about: About | None) -> None:
    assert about is not None
    assert about.operations
    assert about.settles
    for text in filter(None, (about.settles, about.refused)):
        assert text.endswith(".")
        assert text[0] == text[0].upper()


def test_every_kind_and_setting_has_its_row() -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    assert sum(line.startswith("| *the whole* |") for line in lines) == len(KINDS)
    assert sum(line.startswith("| `") for line in lines) == sum(len(kind.ROWS) for kind in KINDS.values())
