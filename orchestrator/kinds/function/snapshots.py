"""Of which runtimes Lambda takes snapshots (fact sheet 11.12; Lambda developer guide, "SnapStart")."""

import re
from collections.abc import Mapping

_RUNTIME = re.compile(r"(?P<family>java|python3\.|dotnet)(?P<number>\d+)(\D.*)?")
OLDEST: Mapping[str, int] = {"java": 11, "python3.": 12, "dotnet": 8}
"""The first of each family; newer ones are taken to have it too."""
WORDS = "Java from 11, Python from 3.12 and .NET from 8 on"


def taken_of(runtime: str) -> bool:
    found = _RUNTIME.fullmatch(runtime)
    return found is not None and int(found["number"]) >= OLDEST[found["family"]]
