"""What is known of the end of a session's credentials, by where they come from."""

import hashlib
import json
import os
from pathlib import Path

import aioboto3
import pytest

from orchestrator.adapters.credentials_end import credentials_end

AT, LATER = 4_102_444_800.0, 4_102_448_400.0
"""2100-01-01, and an hour later."""
KEYS = "aws_access_key_id = AKIA\naws_secret_access_key = hush\naws_session_token = t\n"
SSO = "sso_account_id = 123456789012\nsso_role_name = deploy\nsso_region = eu-west-1\n"
START = "https://example.awsapps.com/start"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without any configuration of AWS's."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    (tmp_path / ".aws" / "sso" / "cache").mkdir(parents=True)
    return tmp_path


def configured(home: Path, config: str = "", credentials: str = "") -> None:
    (home / ".aws" / "config").write_text(config)
    (home / ".aws" / "credentials").write_text(credentials)


def logged_in(home: Path, name: str, **token: str) -> None:
    file = home / ".aws" / "sso" / "cache" / f"{hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()}.json"
    file.write_text(json.dumps({"accessToken": "hush", **token}))


@pytest.mark.parametrize(
    ("said", "end"), [("2100-01-01T00:00:00Z", AT), ("2100-01-01T02:00:00+01:00", LATER), (None, None)]
)
async def test_variables(home: Path, monkeypatch: pytest.MonkeyPatch, said: str | None, end: float | None) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "k")
    if said:
        monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", said)
    assert await credentials_end(aioboto3.Session()) == end


@pytest.mark.parametrize(
    ("line", "end"),
    [
        ("x_security_token_expires = 2100-01-01T02:00:00+01:00", LATER),
        ("aws_expiration = 2100-01-01T00:00:00.000Z", AT),
        ("expiration = 2100-01-01 00:00:00", AT),
        ("expiration = tomorrow", None),
        ("", None),
    ],
)
async def test_a_profile_of_temporary_keys(home: Path, line: str, end: float | None) -> None:
    configured(home, credentials=f"[default]\nother = 1\n\n[deploy]\n{KEYS}{line}\n")
    assert await credentials_end(aioboto3.Session(profile_name="deploy")) == end


async def test_what_a_program_gives_is_refreshed(home: Path) -> None:
    told = {"Version": 1, "AccessKeyId": "k", "SecretAccessKey": "s", "Expiration": "2100-01-01T00:00:00Z"}
    (home / "told.json").write_text(json.dumps(told))
    configured(home, config=f"[default]\ncredential_process = cat {home}/told.json\n")
    assert await credentials_end(aioboto3.Session()) is None


async def test_keys_that_a_caller_gives_are_not_known_to_end() -> None:
    keys = aioboto3.Session(aws_access_key_id="a", aws_secret_access_key="b", aws_session_token="c")
    assert await credentials_end(keys) is None


@pytest.mark.parametrize(
    ("token", "end"),
    [
        ({"expiresAt": "2100-01-01T00:00:00Z"}, AT),
        (
            {
                "expiresAt": "2100-01-01T00:00:00Z",
                "refreshToken": "hush",
                "registrationExpiresAt": "2100-01-01T01:00:00Z",
            },
            LATER,
        ),
        ({}, None),
    ],
    ids=["ends with its token", "is renewed until its registration ends", "says nothing"],
)
@pytest.mark.parametrize("named", [True, False], ids=["session", "legacy"])
async def test_a_login_by_sso(home: Path, token: dict[str, str], end: float | None, named: bool) -> None:
    session = f"[sso-session corp]\nsso_start_url = {START}\nsso_region = eu-west-1\n"
    how = f"sso_session = corp\n{session}" if named else f"sso_start_url = {START}\n"
    configured(home, config=f"[default]\n{SSO}{how}")
    logged_in(home, "corp" if named else START, **token)
    assert await credentials_end(aioboto3.Session()) == end


async def test_a_login_that_is_not_there(home: Path) -> None:
    configured(home, config=f"[default]\n{SSO}sso_start_url = {START}\n")
    assert await credentials_end(aioboto3.Session()) is None
