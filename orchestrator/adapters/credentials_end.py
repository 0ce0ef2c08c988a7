"""Until when credentials last that nothing refreshes, as far as the SDK and its files know. Nothing else is read of them."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import aioboto3

STATED = ("x_security_token_expires", "aws_expiration", "expiration")
"""How programs that write temporary keys into a profile say beside them until when they hold; the SDK itself reads none of it."""
TOKENS = Path("~/.aws/sso/cache")


async def credentials_end(session: "aioboto3.Session") -> float | None:
    """Seconds since the epoch; None where it is not known, or where they are refreshed without an end that is known.

    Variables of the environment say it themselves, a profile of temporary keys may, and what comes of a login by SSO ends with
    that login.
    """
    found: Any = await session.get_credentials()
    core: Any = getattr(session, "_session", None)
    held = _epoch(getattr(found, "_expiry_time", None))
    match getattr(found, "method", None):
        case "env":
            return held
        case "shared-credentials-file" | "config-file":
            profile = core.get_scoped_config()
            return next((_epoch(profile[name]) for name in STATED if name in profile), None)
        case "sso":
            login = _login_ends(core.get_scoped_config())
            return max(login, held or login) if login else None
    return None


def _login_ends(profile: Mapping[str, Any]) -> float | None:
    """When the token of the login can't be had anew any more."""
    name = profile.get("sso_session") or profile.get("sso_start_url", "")
    file = TOKENS.expanduser() / f"{hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()}.json"
    try:
        token = json.loads(file.read_text(encoding="utf-8"))
        return _epoch(token.get("registrationExpiresAt" if token.get("refreshToken") else "expiresAt"))
    except (OSError, ValueError, AttributeError):
        return None


def _epoch(value: object) -> float | None:
    """Of a time, or of one as these programs write it, which is UTC unless it says otherwise."""
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
