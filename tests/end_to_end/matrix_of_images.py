"""The settings of a function that is made of a container image: its own change, those of zips are refused (fact sheet 11.6)."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from tests.end_to_end import matrix_of_functions as functions
from tests.end_to_end.matrix import Body, Choice, Matrix, Pair, Rule, Start
from tests.end_to_end.virtual import VirtualAws

REPOSITORY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/orders"
PINNED = "three"
"""What the image is made of that plans name by its digest."""


def image(named: str) -> Body:
    return {"code": {"image": f"{REPOSITORY}{named}"}}


BY_DIGEST = image(f"@sha256:{hashlib.sha256(PINNED.encode()).hexdigest()}")
OWN = {
    "code": (image(":one"), image(":two"), BY_DIGEST, {"code": {"directory": "one"}}),
    "architecture": tuple({"architecture": name, **image(":one")} for name in functions.ROWS["architecture"]),
    "image": tuple(
        {"image": form}
        for form in ({}, {"command": ["app.handler"]}, {"working_directory": "/app", "entry_point": ["/run"]})
    ),
}
"""The forms of what is other than of a function made of a zip."""
OF_ZIPS = ("runtime", "handler", "layers")
CHOICES = tuple(Choice(choice.name, OWN.get(choice.name, choice.forms)) for choice in functions.CHOICES)


def _bare(choice: Choice) -> int | None:
    return None if choice.name in (*OF_ZIPS, "snap_start") else 0


def _everything(choice: Choice) -> int | None:
    """Every setting has another value than a new function."""
    parts = {part.name for part in functions.PARTS[3:]}
    return 1 if choice.name not in parts and _bare(choice) is not None else _bare(choice)


STARTS = (
    Start("absent", stated=False, absent=True),
    Start("an image", _bare, stated=False),
    Start("an image with everything", _everything),
    Start(
        "an image being updated",
        _bare,
        stated=False,
        motion=(("lambda", "UpdateFunctionCode", {"ImageUri": f"{REPOSITORY}:two"}),),
    ),
)


def _zipped(had: Body, body: Body) -> bool:
    """Whether something is stated that only a function made of a zip has."""
    return bool({*OF_ZIPS} & {*body}) or "image" not in body.get("code", {"image": ""})


def _lacking(had: Body, body: Body) -> bool:
    """Whether a zip may be what a new function is to be made of, without what runs it."""
    return "role" in body and "directory" in body.get("code", {})


IMPOSSIBLE: Mapping[str, Rule] = {
    "missing-to-create": _lacking,
    "package-type": _zipped,
    "snap-start": lambda had, body: body.get("snap_start", "off") != "off",
}


def _share(start: Start, pair: Pair) -> int:
    """Of how many pairs one is run from a start: more of those that are other than any other function's."""
    return 8 if _of_zips(pair) else 4


def _of_zips(pair: Pair) -> bool:
    """Whether the two are much the same of a function made of a zip, of which all are run."""
    return not any(choice.name in (*OWN, *OF_ZIPS) for choice in pair)


MATRIX = Matrix(
    "functions",
    "FunctionName",
    {"role": functions.ROWS["role"][0], **image(":one")},
    CHOICES,
    STARTS,
    IMPOSSIBLE,
    functions.UNFORESEEABLE,
    _share,
    elsewhere=_of_zips,
)


def aws(folder: Path) -> VirtualAws:
    """With the images in their repository."""
    found = functions.aws(folder)
    for tag in ("one", "two", PINNED):
        found.account.ecr.push("orders", tag, tag, found.clock.now())
    return found
