"""How `--state` names a store."""

import re

NONE, MEMORY = "none", "memory"
DYNAMODB, SQLITE = "dynamodb://", "sqlite:"
DEFAULT = f"{DYNAMODB}orchestrator-state"
"""The usual one; the embedded sandbox, which ends with its command, has MEMORY, which nobody can name."""
FORMS = f"{DYNAMODB}TABLE, {SQLITE}PATH or {NONE}"
TABLE = re.compile(r"[A-Za-z0-9_.-]{3,255}")


def is_store(text: str) -> bool:
    """Whether `text` names a store: see FORMS."""
    if text.startswith(DYNAMODB):
        return TABLE.fullmatch(text.removeprefix(DYNAMODB)) is not None
    return text == NONE or (text.startswith(SQLITE) and len(text) > len(SQLITE))
