"""Credentials that expire during a run, through the SDK's own chain and over real HTTP, against a server that refuses old ones.

The server's time goes on by an hour with each call that changes something, and keys are good for a quarter of that.
"""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator import pipeline
from orchestrator.adapters.clock import SystemClock
from orchestrator.adapters.sqlite_store import SqliteStore
from orchestrator.engine.record import Listener
from orchestrator.model import Event, Report
from orchestrator.sandbox.clock import EPOCH
from orchestrator.sandbox.rules.durations import Durations
from orchestrator.state import operators
from tests.end_to_end.virtual import READS
from tests.sandbox.served import REGION, Served, served

pytestmark = pytest.mark.http

PLAN = """
plan: job
functions:
  job:
    runtime: python3.13
    handler: app.handler
    role: arn:aws:iam::123456789012:role/job
    code: {directory: code}
    reserved_concurrency: 5
"""
TABLES = "plan: shop\ntables: {orders: {partition_key: {id: S}, indexes: {by_day: {partition_key: {day: S}}}}}\n"
HOUR, GOOD_FOR = 3600.0, 900.0
SLOW = replace(Durations.instant(), function_create=HOUR / 2)
"""What is begun has settled an hour later, and never before."""
FRESH = """#!/bin/sh
cd "$(dirname "$0")" || exit 1
test -f login || { echo "log in first" >&2; exit 3; }
number=$(($(cat number) + 1))
echo $number > number
printf '{"Version": 1, "AccessKeyId": "KEY%s", "SecretAccessKey": "hush-hush", "SessionToken": "t", ' $number
printf '"Expiration": "%s"}' "$(cat expires)"
"""


@dataclass
class Dial:
    """The server's clock: an hour later with each of the first `jumps` calls that runs have sent."""

    at: float = EPOCH
    jumps: int = 10
    events: list[Event] = field(default_factory=list)

    def now(self) -> float:
        return self.at

    def event(self, event: Event) -> None:
        self.events.append(event)
        if event.what == "sent" and self.jumps:
            self.jumps -= 1
            self.at += HOUR


@dataclass
class Place:
    """A server with a plan, a configuration of the SDK, and a store that does not go by it."""

    folder: Path
    server: Served
    dial: Dial

    def static(self, key: str) -> None:
        """Somebody logs in: keys in a file, of which nobody can make new ones."""
        text = f"[default]\naws_access_key_id = {key}\naws_secret_access_key = hush-hush\naws_session_token = t\n"
        (self.folder / "credentials").write_text(text)

    def process(self) -> None:
        """A program gives new keys whenever it is asked; each is to be renewed at its next use."""
        script = self.folder / "fresh.sh"
        script.write_text(FRESH)
        script.chmod(0o755)
        (self.folder / "number").write_text("0")
        (self.folder / "login").touch()
        soon = datetime.fromtimestamp(SystemClock().now() + 300, UTC)
        (self.folder / "expires").write_text(soon.isoformat())
        (self.folder / "config").write_text(f"[default]\ncredential_process = {script}\n")

    def request(self, plan: str = "plan.yaml") -> pipeline.Request:
        return pipeline.Request(
            plans=(self.folder / plan,),
            region=REGION,
            endpoint_url=self.server.server.endpoint,
            state=f"sqlite:{self.folder / 'state.db'}",
        )

    async def apply(self, listeners: Sequence[Listener] = ()) -> Report:
        return (await pipeline.apply(self.request(), approve=None, listeners=[self.dial.event, *listeners])).report

    @property
    def changes(self) -> list[str]:
        """The calls that changed something, in their order."""
        served = self.server.control("timeline")["served"]
        return [
            call["api"] for call in served if call["code"] is None and not READS.match(call["api"].partition(":")[2])
        ]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    (tmp_path / "plan.yaml").write_text(PLAN)
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "app.py").write_text("def handler(event, context): ...\n")
    dial = Dial()
    with served(durations=SLOW, now=dial.now, limited=False) as server:
        server.control("credentials", {"good_for": GOOD_FOR})
        yield Place(tmp_path, server, dial)


MADE = ["lambda:CreateFunction", "lambda:PutFunctionConcurrency"]


async def test_credentials_that_refresh_themselves_carry_a_run_through_many_lives_of_a_key(place: Place) -> None:
    place.process()
    report = await place.apply()
    assert (report.exit_code, report.outcome) == (0, "succeeded")
    assert place.changes == MADE
    assert place.dial.at - EPOCH == len(MADE) * HOUR
    assert int((place.folder / "number").read_text()) > len(MADE)


async def test_a_session_that_ends_is_said_and_after_a_login_the_next_run_goes_on(place: Place) -> None:
    place.dial.jumps = 1
    place.static("FIRST")
    report = await place.apply()
    assert (report.exit_code, report.outcome) == (7, "unreachable")
    (notice,) = report.notices
    assert "have expired" in notice
    assert "ExpiredTokenException" in notice
    assert "Log in again" in notice
    assert [str(one.ref) for one in report.still_running] == ["functions.job"]
    assert "failed" not in {step.outcome for step in report.steps}
    (known,) = await operators.runs(SqliteStore(place.folder / "state.db", SystemClock()), 9)
    assert (known.run.life, known.run.exit_code) == ("ended", 7)
    place.static("SECOND")
    assert (await place.apply()).outcome == "succeeded"
    assert place.changes == MADE
    assert not [event for event in place.dial.events if event.what == "lock_waiting"]
    assert "hush-hush" not in json.dumps([report.notices, [step.error for step in report.steps]])
    assert "hush-hush" not in str([event.details for event in place.dial.events])


async def test_a_source_that_fails_in_mid_run_ends_it_with_what_it_said(place: Place) -> None:
    place.process()

    def logged_out(event: Event) -> None:
        if event.what == "sent":
            (place.folder / "login").unlink()

    report = await place.apply([logged_out])
    assert (report.exit_code, report.outcome) == (7, "unreachable")
    (notice,) = report.notices
    assert "log in first" in notice
    assert [str(one.ref) for one in report.still_running] == ["functions.job"]
    (place.folder / "login").touch()
    assert (await place.apply()).outcome == "succeeded"
    assert place.changes == MADE


async def test_a_preview_warns_of_variables_that_say_they_end_too_soon(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "hush-hush")
    end = datetime.fromtimestamp(SystemClock().now() + 60, UTC)
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", end.isoformat())
    write(place.folder / "tables.yaml", TABLES)
    shown = await pipeline.preview(place.request("tables.yaml"))
    (finding,) = [finding for finding in shown.findings if finding.code == "credentials-expire"]
    assert f"{end + timedelta(minutes=1):%H:%M}Z" in finding.message
    assert "hush-hush" not in str(finding)


def write(path: Path, text: str) -> None:
    path.write_text(text)
