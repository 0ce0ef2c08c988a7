"""What accounts really hold is taken as it is: no phantom difference, and `status` says in words where it stands."""

from pathlib import Path

import pytest

from orchestrator.model import Preview, StatusLine
from orchestrator.render.text.preview import preview as as_text
from orchestrator.render.text.status import status as status_text
from tests.kinds.wild import Account, Wild, WildCloud, as_parsed, collected, members

pytestmark = pytest.mark.virtual

WILD = collected()
SDKS = pytest.mark.parametrize("newer", [False, True], ids=["parsed by this SDK", "parsed by a newer SDK"])
EACH = pytest.mark.parametrize("wild", WILD, ids=lambda wild: wild.id)


def test_there_are_enough_of_them() -> None:
    assert len(collected("tables")) >= 20
    assert len(collected("functions")) >= 10


@SDKS
@EACH
async def test_its_owner_sees_no_phantom_difference(wild: Wild, newer: bool, tmp_path: Path) -> None:
    found = await Account(wild, tmp_path, newer).preview()
    assert [step.summary for step in found.graph] == wild.expected("steps", newer=newer)
    assert _findings(found) == wild.expected("findings", newer=newer)
    assert [f"{thing.sort}.{thing.name}" for thing in found.unmanaged] == wild.expected("unmanaged", newer=newer)
    assert wild.name in as_text(found) or not found.graph


@SDKS
@EACH
async def test_status_explains_it(wild: Wild, newer: bool, tmp_path: Path) -> None:
    found = await Account(wild, tmp_path, newer).status()
    (line,) = found.lines
    expected = wild.expected("status", newer=newer)
    assert {"": _said(line), **{".".join(part.ref.path[2:]): _said(part) for part in line.parts}} == expected
    shown = status_text(found)
    assert all(said.partition(": ")[2] in shown for said in expected.values())


@EACH
async def test_what_it_is_told_is_what_aws_would_say(wild: Wild, tmp_path: Path) -> None:
    """Every reply is an output of the service's model, but for members that are listed as newer ones."""
    cloud = WildCloud(wild, newer=True)
    run = Account(wild, tmp_path).opened(cloud)
    await run.observe(hazards=True)
    for call, reply in cloud.asked:
        if "fault" not in reply:
            lost = {*members(reply)} - {*members(as_parsed(call, reply))}
            assert {path for path in lost if not path.startswith(wild.newer)} == set()


def _findings(found: Preview) -> list[str]:
    return [f"{finding.level}:{finding.code}" for finding in found.findings]


def _said(line: StatusLine) -> str:
    return f"{line.state}: {line.detail}" if line.detail else line.state
