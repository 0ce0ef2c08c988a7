"""Log lines: one form for all of them, nothing from libraries that could hold a secret."""

import json
import logging
import re
from collections.abc import Callable

import pytest
import structlog

from orchestrator.cli import logs
from orchestrator.cli.session import Session
from tests.render import schemas


def test_lines_of_other_libraries_are_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(Session())
    logging.getLogger("botocore").warning("slow %s", "endpoint")
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["level"]) == ("slow endpoint", "warning")
    assert line["timestamp"].endswith("Z")


def test_at_debug_the_sdk_still_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Its debug lines hold request bodies, and those hold environment values."""
    logs.configure(Session(log_level="debug"))
    logging.getLogger("botocore.endpoint").debug("body: hunter2")
    structlog.get_logger().debug("call_intended", operation="UpdateTable")
    err = capsys.readouterr().err
    assert "hunter2" not in err
    assert json.loads(err)["event"] == "call_intended"


@pytest.mark.parametrize(
    ("session", "logged"),
    [
        (Session(), True),
        (Session(log_level="warning"), False),
        (Session(log_format="console"), False),
        (Session(log_format="console", log_level="info"), True),
    ],
)
def test_the_level_is_info_for_machines_and_warning_for_people(
    capsys: pytest.CaptureFixture[str], session: Session, logged: bool
) -> None:
    logs.configure(session)
    structlog.get_logger().info("table_created")
    assert ("table_created" in capsys.readouterr().err) is logged


@pytest.mark.parametrize(
    ("session", "listening"),
    [
        (Session(log_format="json"), 1),
        (Session(log_format="console"), 0),
        (Session(log_format="console", log_level="debug"), 1),
    ],
)
def test_events_are_logged_for_machines_and_for_people_who_ask(session: Session, listening: int) -> None:
    assert len(logs.listeners(session)) == listening


def test_console_lines_have_colour_only_on_a_terminal(
    capsys: pytest.CaptureFixture[str], terminal: Callable[..., None]
) -> None:
    logs.configure(Session(log_format="console"))
    structlog.get_logger().warning("retrying")
    assert "\x1b[" not in capsys.readouterr().err
    terminal("stderr")
    logs.configure(Session(log_format="console"))
    structlog.get_logger().warning("retrying")
    assert "\x1b[" in capsys.readouterr().err


def test_every_line_has_its_time_in_milliseconds(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(Session())
    logging.getLogger("botocore").warning("slow")
    structlog.get_logger().info("preview_ready")
    for line in capsys.readouterr().err.splitlines():
        assert re.fullmatch(schemas.MOMENT["pattern"], json.loads(line)["timestamp"])


@pytest.mark.parametrize("session", [Session(), Session(log_format="console")], ids=["json", "console"])
def test_a_traceback_of_the_sdks_is_left_out(capsys: pytest.CaptureFixture[str], session: Session) -> None:
    """It adds one where a source of credentials fails, which is no defect; what ends the command says why."""
    logs.configure(session)
    try:
        raise RuntimeError("still expired")
    except RuntimeError:
        logging.getLogger("aiobotocore.credentials").warning("Refreshing failed", exc_info=True)
    err = capsys.readouterr().err
    assert "Refreshing failed" in err
    assert "Traceback" not in err
    assert "exc_info" not in err
