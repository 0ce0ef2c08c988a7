"""What accounts really hold is taken as it is: no phantom difference, and `status` says in words where it stands."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.validate import ParamValidator
from pydantic import BaseModel

from orchestrator.kinds import ROOTS
from orchestrator.kinds.table import billing
from orchestrator.kinds.table import settings as table
from orchestrator.kinds.table.spec import TableSpec
from orchestrator.model import UNREAD, Preview, StatusLine
from orchestrator.render.text.preview import preview as as_text
from orchestrator.render.text.status import status as status_text
from tests.kinds.cases import BODIES
from tests.kinds.test_kinds import SETTINGS
from tests.kinds.wild import Account, Wild, WildCloud, as_parsed, collected, members, output, without

pytestmark = pytest.mark.virtual

WILD = collected()
SDKS = pytest.mark.parametrize("newer", [False, True], ids=["parsed by this SDK", "parsed by a later SDK"])
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
    assert wild.name in as_text(found)
    assert ".." not in as_text(found)


@SDKS
@EACH
async def test_status_explains_it(wild: Wild, newer: bool, tmp_path: Path) -> None:
    found = await Account(wild, tmp_path, newer).status()
    (line,) = found.lines
    expected = wild.expected("status", newer=newer)
    assert {"": _said(line), **{".".join(part.ref.path[2:]): _said(part) for part in line.parts}} == expected
    shown = status_text(found)
    assert all(said.partition(": ")[2] in shown for said in expected.values())


@pytest.mark.parametrize("wild", [one for one in WILD if "attributes" in one.body], ids=lambda wild: wild.id)
async def test_references_stand_for_what_is_there(wild: Wild, tmp_path: Path) -> None:
    (seen,) = (await Account(wild, tmp_path).opened(WildCloud(wild, newer=False)).observe()).values()
    attributes = ROOTS[wild.section].ATTRIBUTES
    expected = wild.body["attributes"]
    assert {name: attributes[name].read(seen, wild.name) for name in expected} == expected


@EACH
async def test_what_it_is_told_is_what_aws_would_say(wild: Wild, tmp_path: Path) -> None:
    """Every reply is an output of the service's model, but for members that are listed as newer ones."""
    cloud = WildCloud(wild, newer=True)
    run = Account(wild, tmp_path).opened(cloud)
    await run.observe(hazards=True)
    for call, reply in cloud.asked:
        if "fault" not in reply:
            parsed = as_parsed(call, reply)
            lost = {*members(reply)} - {*members(parsed)}
            assert {path for path in lost if not path.startswith(wild.newer)} == set()
            assert _of_another_type(without(parsed, ["ResponseMetadata"]), output(call)) == []


@EACH
async def test_what_nobody_may_keep_is_not_kept(wild: Wild, tmp_path: Path) -> None:
    """The presigned URL of a function's code (fact sheet 11.12)."""
    account = Account(wild, tmp_path, newer=True)
    seen = await account.opened(WildCloud(wild, newer=True)).observe(hazards=True)
    assert "X-Amz-Signature" not in repr(seen)
    assert "X-Amz-Signature" not in repr(await account.preview())


@pytest.mark.parametrize("wild", collected("tables"), ids=lambda wild: wild.id)
async def test_what_a_table_has_is_what_one_in_its_place_is_given(wild: Wild, tmp_path: Path) -> None:
    """Every row takes what it would give to a table made anew for no difference: settings of later releases too."""
    body = {"replace": "recreate"} if wild.body["body"] != "absent" else "absent"
    kept = replace(wild, body={**wild.body, "body": body})
    run = Account(kept, tmp_path).opened(WildCloud(kept, newer=False))
    (seen,) = (await run.observe(hazards=True)).values()
    spec = billing.like(TableSpec(), seen)
    for row in table.ROWS.values():
        value = row.kept(spec, seen) if row.kept else row.live(seen)
        if value is not None and value is not UNREAD:
            assert row.same(row.live(seen), value), row.name


def test_every_setting_is_stated_of_something_that_has_it() -> None:
    """Rows that come later want a resource here that has them as its plan says."""
    stated: dict[type[Any], set[str]] = defaultdict(set)
    for wild in WILD:
        if not wild.expected("steps", newer=False) and wild.body["status"][""] == "in_place":
            for node in _nodes(BODIES[wild.section].validate_python(wild.body["body"])):
                stated[type(node)] |= node.model_fields_set
    missing = {name: kind.names - stated[kind.spec] for name, kind in SETTINGS.items()}
    assert missing == {name: set() for name in SETTINGS}


def _nodes(value: Any) -> Iterator[BaseModel]:
    if isinstance(value, BaseModel):
        yield value
        value = dict(value)
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _nodes(inner)


def _of_another_type(parsed: Any, shape: Any) -> list[str]:
    """What the model says is of another type. Its limits are those of requests: of decreases AWS answers 0, too."""
    report = str(ParamValidator().validate(parsed, shape).generate_report())
    return [line for line in report.splitlines() if "Invalid type" in line]


def _findings(found: Preview) -> list[str]:
    return [f"{finding.level}:{finding.code}" for finding in found.findings]


def _said(line: StatusLine) -> str:
    return f"{line.state}: {line.detail}" if line.detail else line.state
