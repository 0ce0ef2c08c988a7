"""docs/settings.md from what the rows say of themselves: `python -m tools.settings_page` writes it anew."""

from collections.abc import Iterator
from pathlib import Path

from orchestrator.kinds import KINDS, PARTS, ROOTS
from orchestrator.kinds.contract import About, Kind

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"
HEAD = """\
# Settings: the API operations behind them, when they are done, and what is refused

What each key of the [plan language](plan-language.md) makes the engine call, one row a setting, in the order of the lane. A
step is done only once what the third column says is seen; a call that AWS accepted means nothing yet. What AWS refuses for
a while only is waited for, within the step's deadline; the rest is told before the first call wherever it can be known then.
Calls, permissions and reads: [permissions.md](permissions.md). Sources: [control-plane-facts.md](control-plane-facts.md).

This page is made of what the rows say of themselves (`python -m tools.settings_page`); a test keeps it so.
"""
COLUMNS = ("setting", "API operations", "done when", "refused")


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(line for section in ROOTS for line in _root(section))])


def _root(section: str) -> Iterator[str]:
    """A root's table, then those of its parts."""
    yield from _table(f"## `{section}`", KINDS[section])
    for part, kind in PARTS[section].items():
        yield from _table(f"### `{part}` of `{section}`", kind)


def _table(heading: str, kind: Kind) -> Iterator[str]:
    yield from (heading, "", _line(*COLUMNS), _line(*("---" for _ in COLUMNS)))
    yield _described("*the whole*", kind.ABOUT)
    yield from (_described(f"`{row.name}`", row.about) for row in kind.ROWS.values())
    yield ""


def _described(what: str, about: About | None) -> str:
    """ValueError where a row says nothing of itself."""
    if about is None:
        raise ValueError(f"{what} has no `about`")
    return _line(what, ", ".join(f"`{operation}`" for operation in about.operations), about.settles, about.refused)


def _line(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
