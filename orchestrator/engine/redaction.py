"""What AWS and functions say, without what must never be shown: they repeat what they were sent, as it is or encoded."""

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote, quote_plus

from orchestrator.errors import Fault
from orchestrator.model import HIDDEN, Text, walk

SHORTEST_SECRET = 3
"""Shorter hidden values would cross out parts of ordinary words."""
SHORTEST_INNER = 6
"""Characters of base64 that tell a secret in the midst of something longer."""
ORDINARY = frozenset({"true", "false", "null", "none"})
"""What is no secret, whoever calls it one."""


def forms(*values: Any) -> Sequence[str]:
    """Every form in which somebody may repeat the hidden texts that are somewhere in `values`; the longest first."""
    secrets = {secret for leaf in walk(values) if isinstance(leaf, Text) for secret in _secrets(leaf)}
    found = {form for secret in secrets if _tells(secret) for form in _forms(secret)}
    return sorted(found, key=lambda form: (-len(form), form))


def without(text: str, secret: Sequence[str], *, cut: bool = False) -> str:
    """`text` with each of those `forms` crossed out. `cut`: its beginning may be missing, and with it that of a secret."""
    for form in secret:
        text = text.replace(form, HIDDEN)
    rest = max((_rest(text, form) for form in secret), default=0) if cut else 0
    return HIDDEN + text[rest:] if rest else text


def _rest(text: str, form: str) -> int:
    """How many characters `text` begins with that are the end of a form."""
    longest = min(len(form) - 1, len(text))
    return next((size for size in range(longest, SHORTEST_SECRET - 1, -1) if text.startswith(form[-size:])), 0)


def redacted(fault: Fault, secret: Sequence[str]) -> Fault:
    """The same fault without those `forms` in what it says."""
    message = without(fault.message, secret)
    told = [{**reason, "Message": without(str(reason.get("Message") or ""), secret)} for reason in fault.reasons]
    if message == fault.message and not told:
        return fault
    return Fault(
        fault.service,
        fault.operation,
        fault.code,
        message,
        status=fault.status,
        sent=fault.sent,
        retry_after=fault.retry_after,
        request_id=fault.request_id,
        region=fault.region,
        reasons=told,
    )


def _tells(secret: str) -> bool:
    return len(secret) >= SHORTEST_SECRET and secret.lower() not in ORDINARY


def _secrets(text: Text) -> Iterator[str]:
    """What of a text is secret, and what that says."""
    for secret in text.sensitive:
        yield secret
        yield from _inside(secret)


def _inside(secret: str) -> Iterator[str]:
    """What a secret says that is itself JSON, such as a secret of several entries."""
    try:
        document = json.loads(secret, parse_float=Decimal)
    except ValueError:
        return
    yield from (str(leaf) for leaf in walk(document) if not isinstance(leaf, bool | None))


def _forms(secret: str) -> Iterator[str]:
    yield secret
    for ascii_only in (True, False):
        written = _quoted(secret, ascii_only)
        yield from (written, _quoted(written, ascii_only))
    yield repr(secret)[1:-1]
    if not any("\ud800" <= character <= "\udfff" for character in secret):
        yield from (quote(secret), quote(secret, safe=""), quote(secret, safe="!'()*"), quote_plus(secret))
        yield from _base64(secret.encode())


def _quoted(text: str, ascii_only: bool) -> str:
    """As JSON has it between its quotes."""
    return json.dumps(text, ensure_ascii=ascii_only)[1:-1]


def _base64(data: bytes) -> Iterator[str]:
    """Alone, and in the midst of something longer, where three bytes before it make a beginning that is always the same."""
    found = [b64encode(data).decode()]
    for before in range(3):
        encoded = b64encode(bytes(before) + data).decode()
        whole = encoded[-(-8 * before // 6) : 8 * (before + len(data)) // 6]
        found += [whole] if len(whole) >= SHORTEST_INNER else []
    for one in found:
        yield from (one, one.translate(_SAFE))


_SAFE: Mapping[int, int] = str.maketrans("+/", "-_")
"""The characters of base64 as URLs have them."""
