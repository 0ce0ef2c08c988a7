"""The request of an invocation, with the token by which the function can tell it from others.

AWS gives what is sent with an invocation to functions that somebody waits for, and to no others (Invoke, ClientContext).
"""

import base64
import json
from dataclasses import replace

from orchestrator.model import Call, Invocation, Text

TOKEN = "orchestrator_token"  # noqa: S105 - the name under which a function finds it
EVENT = "Event"


def request(work: Invocation, context: str | Text) -> Call:
    """The call with its `context`, and the wish for the end of the log, where the function is waited for."""
    call = work.call
    if call.parameters.get("InvocationType") == EVENT:
        return call
    return replace(call, parameters={**call.parameters, "LogType": "Tail", "ClientContext": context})


def context(token: str) -> str:
    """What gives the function its token."""
    return base64.b64encode(json.dumps({"custom": {TOKEN: token}}).encode()).decode()


def qualifier(work: Invocation) -> str | None:
    """The alias or version that it names; None where it names none, or nobody knows yet which."""
    found = work.call.parameters.get("Qualifier")
    return found if isinstance(found, str) else None
