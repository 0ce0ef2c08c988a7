"""A preview compares the end of the credentials, where it is known, with how long the run may take."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator import pipeline
from orchestrator.errors import Refused
from orchestrator.model import Finding, Preview, Wait
from orchestrator.render import document, text
from tests.end_to_end.virtual import TARGET, VirtualAws

pytestmark = pytest.mark.virtual

CODE = "credentials-expire"
BEFORE = "plan: shop\ntables:\n  orders: {partition_key: {id: S}}\n"
PLAN = BEFORE.replace(
    "{partition_key: {id: S}}", "{partition_key: {id: S}, indexes: {by_day: {partition_key: {day: S}}}}"
)


@pytest.fixture
async def aws(tmp_path: Path) -> VirtualAws:
    found = VirtualAws(tmp_path)
    await found.apply(BEFORE)
    await found.clock.sleep(60)
    return found


def opened(aws: VirtualAws, plan: str, end: float | None, wait: Wait = "gate") -> pipeline.Opened:
    return replace(aws.opened(plan, wait=wait), target=replace(TARGET, credentials_end=end))


async def previewed(aws: VirtualAws, end: float | None, plan: str = PLAN, wait: Wait = "gate") -> Preview:
    run = opened(aws, plan, end, wait)
    return run.compile(await run.observe())


def warned(shown: Preview) -> list[Finding]:
    return [finding for finding in shown.findings if finding.code == CODE]


@pytest.mark.parametrize(("share", "said"), [(0.5, "is likely to take"), (1.5, "may take")])
async def test_an_end_before_the_likely_or_the_high_estimates_is_warned_of(
    aws: VirtualAws, share: float, said: str
) -> None:
    estimate = (await previewed(aws, None)).estimate
    left = share * estimate.likely
    assert left < estimate.high
    shown = await previewed(aws, aws.clock.now() + left)
    (finding,) = warned(shown)
    assert (finding.level, finding.refuses) == ("warning", False)
    assert said in finding.message
    assert "Log in again first" in finding.action
    assert finding.message in text.preview(shown)
    assert {"level": "warning", "code": CODE}.items() <= json.loads(document.preview(shown))["findings"][0].items()


async def test_one_that_has_passed_already_is_told_as_such(aws: VirtualAws) -> None:
    (finding,) = warned(await previewed(aws, aws.clock.now() - 5))
    assert "end already" in finding.message


async def test_an_end_that_is_late_enough_or_not_known_is_not_spoken_of(aws: VirtualAws) -> None:
    high = (await previewed(aws, None)).estimate.high
    for end in (None, aws.clock.now() + high):
        assert warned(await previewed(aws, end)) == []


async def test_a_run_that_waits_for_nothing_or_has_nothing_to_do_is_not_warned(aws: VirtualAws) -> None:
    soon = aws.clock.now() + 1
    assert warned(await previewed(aws, soon, wait="none")) == []
    assert warned(await previewed(aws, soon, plan=BEFORE)) == []


async def test_who_is_asked_has_been_shown_it(aws: VirtualAws) -> None:
    shown: list[Preview] = []

    async def no(_: Preview) -> bool:
        assert warned(shown[-1])
        return False

    with pytest.raises(Refused):
        await pipeline.apply_on(opened(aws, PLAN, aws.clock.now() + 1), approve=no, shown=shown.append)
    assert len(shown) == 1
