"""Function names as callers may give them: a name, a partial ARN or an ARN, each with or without a qualifier."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.sandbox.rules.ground import Ground
from orchestrator.sandbox.rules.refusal import Refusal

LATEST = "$LATEST"

_FORMS = re.compile(
    r"(arn:aws[a-zA-Z-]*:lambda:)?((?P<region>[a-z]{2}(-gov)?-[a-z]+-\d):)?((?P<account>\d{12}):)?"
    r"(function:)?(?P<name>[a-zA-Z0-9_-]+)(:(?P<qualifier>\$LATEST|[a-zA-Z0-9_-]+))?"
)


@dataclass(frozen=True, slots=True)
class Named:
    """The function that a request is about; `qualifier` is a version number, an alias, `$LATEST`, or None."""

    name: str
    qualifier: str | None = None

    @property
    def suffix(self) -> str:
        return f":{self.qualifier}" if self.qualifier else ""


def named(ground: Ground, parameters: Mapping[str, Any], key: str = "FunctionName") -> Named:
    """Read the name in `parameters[key]`, and `Qualifier` beside it. Raises Refusal."""
    found = _FORMS.fullmatch(parameters[key])
    if found is None:
        raise Refusal("InvalidParameterValueException", f"Invalid function name: {parameters[key]}")
    if found["region"] and found["region"] != ground.region:
        raise Refusal(
            "ResourceNotFoundException",
            f"Functions from '{found['region']}' are not reachable in this region ('{ground.region}')",
            404,
        )
    if found["account"] and found["account"] != ground.account:
        raise Refusal("AccessDeniedException", "The sandbox holds one account; this function is another's.", 403)
    given = parameters.get("Qualifier")
    if given and found["qualifier"] and given != found["qualifier"]:
        raise Refusal(
            "InvalidParameterValueException",
            "The derived qualifier from the function name does not match the specified qualifier.",
        )
    return Named(found["name"], given or found["qualifier"])


def plain(text: str) -> str:
    """The bare name in any of the forms, for the timeline; empty where there is none."""
    found = _FORMS.fullmatch(text)
    return found["name"] if found else ""


def is_version(qualifier: str) -> bool:
    return qualifier == LATEST or qualifier.isdecimal()
