"""A function's code: a zip that goes up with the request, an object in S3, or a container image.

Lambda tells the code's digest, CodeSha256: of a zip the bytes' own, of an image that of the image (fact sheet 13). An
object's digest and that of a tag are read where they are kept, and then are what a change leads to. Where that was not
possible yet (a function that is to be created, or that moves), the change leads to whatever they are when it is looked at.

In the plan's words a code that is pointed to reads `{s3: {bucket: …, key: …}}` or `{image: URI}`, with its `sha256` beside
that once it is known.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.kinds.contract import About, Move, Setting
from orchestrator.kinds.function.aspects import IMAGE, S3, TOO_LARGE
from orchestrator.kinds.function.configuration import of_content
from orchestrator.kinds.function.images import pinned, pinned_digest
from orchestrator.kinds.function.lanes import Place, call
from orchestrator.kinds.function.live import FunctionLive
from orchestrator.kinds.function.subjects import Body, Function
from orchestrator.kinds.observation import Unreadable
from orchestrator.kinds.settings import Rows, by_name
from orchestrator.model import Blob, Call, Change, Finding

FIELD = "code"

Code = Blob | Mapping[str, Any]

NOT_THERE = re.compile(r"404|NotFound|NoSuch\w+|\w*NotFoundException")
"""The codes with which S3 and ECR say that there is no such thing."""


@dataclass(frozen=True, slots=True)
class LiveCode:
    """The digest of the live code, and what was read of the places that the plan names."""

    digest: str
    packages: Mapping[str, str | Unreadable]


def wanted(body: Body) -> Code | None:
    stated = body.spec.code
    if body.zip is not None or stated is None:
        return body.zip
    if (place := stated.s3) is not None:
        version = {"version": place.version} if place.version is not None else {}
        return {"s3": {"bucket": place.bucket, "key": place.key, **version}}
    return {"image": stated.image} if stated.image is not None else None


def digest(code: Code, packages: Mapping[str, str | Unreadable]) -> str | None:
    """The CodeSha256 that a function made of `code` has; None where that is not known."""
    if isinstance(code, Blob):
        return code.sha256
    if "sha256" in code:
        return str(code["sha256"])
    if "image" in code and (known := pinned_digest(code["image"])):
        return known
    found = packages.get(_read(code) or "")
    return found if isinstance(found, str) else None


def known(subject: Function) -> Code | None:
    """The code that the plan states, with its digest where that was read; None where it states none."""
    code = wanted(subject.declared)
    return code if code is None or subject.live is None else _part(_live(subject.live), code)[1]


def _live(function: FunctionLive) -> LiveCode:
    return LiveCode(function.content.code, function.packages)


def _same(seen: LiveCode, code: Code) -> bool:
    return digest(code, seen.packages) == seen.digest


def _part(seen: LiveCode, code: Code) -> tuple[Any, Any]:
    found = digest(code, seen.packages)
    if isinstance(code, Blob) or found is None:
        return seen.digest, code
    return seen.digest, {**code, "sha256": found}


def _read(code: Mapping[str, Any]) -> str | None:
    """The aspect that tells the digest of what is pointed to.

    None where nothing needs to be read, and where the place is hidden or not known yet: what is read is shown.
    """
    if "image" in code:
        uri = code["image"]
        return f"{IMAGE}:{uri}" if isinstance(uri, str) and not pinned_digest(uri) else None
    place = code["s3"]
    bucket, key, version = place["bucket"], place["key"], place.get("version", "")
    shown = all(isinstance(part, str) for part in (bucket, key, version))
    return f"{S3}:{bucket}/{key}@{version}" if shown else None


def _reads(body: Body, _: str) -> frozenset[str]:
    code = wanted(body)
    read = None if code is None or isinstance(code, Blob) else _read(code)
    return frozenset({read} if read else ())


# ---------------------------------------------------------------------------------------------------------------- calls


def _parameters(code: Code) -> Mapping[str, Any]:
    """As both UpdateFunctionCode and CreateFunction's `Code` take it.

    Of an image whose digest is known that digest, so that what was compared is what is deployed although a tag may move.
    """
    if isinstance(code, Blob):
        return {"ZipFile": code}
    if "image" in code:
        uri, found = code["image"], code.get("sha256")
        return {"ImageUri": pinned(uri, found) if found else uri}
    place = code["s3"]
    version = {"S3ObjectVersion": place["version"]} if "version" in place else {}
    return {"S3Bucket": place["bucket"], "S3Key": place["key"], **version}


def _create(code: Code) -> Mapping[str, Any]:
    package_type = "Image" if isinstance(code, Mapping) and "image" in code else "Zip"
    return {"PackageType": package_type, "Code": _parameters(code)}


def _call(code: Code, architecture: str, subject: Function) -> Call:
    return call(subject.name, "UpdateFunctionCode", **_parameters(code), Architectures=[architecture])


def _moves(before: Any, after: Code, subject: Function) -> Sequence[Move]:
    """Always with the architecture: left out, its documented default is x86_64."""
    architecture = subject.declared.spec.architecture or subject.seen.content.architecture
    return [Move("update the code", _call(after, architecture, subject), before, after)]


def _architecture_moves(before: str, after: str, subject: Function) -> Sequence[Move]:
    """Always with the code (fact sheet 11.6); that it is stated, the findings see to."""
    code = known(subject)
    assert code is not None
    return [Move(f"change to {after}", _call(code, after, subject), before, after)]


# -------------------------------------------------------------------------------------------------------------- hazards


def _hazards(change: Change, subject: Function) -> Sequence[Finding]:
    """An error where nobody can tell whether the live code is the one that the plan points to."""
    code, packages = change.after, subject.seen.packages
    if digest(code, packages) is not None:
        return ()
    read = _read(code)
    answer = packages.get(read) if read else None
    if isinstance(answer, Unreadable):
        return (_unreadable(code, answer, subject),)
    return () if read else (_out_of_sight(subject.name),)  # of a function that moves it is compared once that is over


def before_creation(subject: Function, packages: Mapping[str, Unreadable]) -> Sequence[Finding]:
    """An error where nobody could tell afterwards whether the function is made of the code that the plan points to, and where
    `packages` says that there is none, or too much of it. That it may not be read is told once there is a function to compare.
    """
    code = wanted(subject.declared)
    if code is None or digest(code, {}) is not None:
        return ()
    read = None if isinstance(code, Blob) else _read(code)
    if isinstance(code, Blob) or read is None:
        return (_out_of_sight(subject.name),)
    answer = packages.get(read)
    unfit = answer is not None and (answer.code == TOO_LARGE or NOT_THERE.fullmatch(answer.code))
    return (_unreadable(code, answer, subject),) if answer is not None and unfit else ()


def _out_of_sight(name: str) -> Finding:
    message = f"Whether {name} is made of this code can't be told: where it lies is hidden, or known only later."
    return Finding("error", "code-unresolved", message, "State it plainly, or give a zip file.")


def _unreadable(code: Mapping[str, Any], answer: Unreadable, subject: Function) -> Finding:
    of_image = "image" in code
    where = f"image {code['image']}" if of_image else f"s3://{code['s3']['bucket']}/{code['s3']['key']}"
    if answer.code == TOO_LARGE:
        message = f"{where} is over the 250 MB that the code of a function has unzipped at most."
        return Finding("error", "code-too-large", message, "Make it smaller, or use a container image.")
    if NOT_THERE.fullmatch(answer.code):
        message = f"There is no {where} ({answer.code})."
        return Finding("error", "code-not-found", message, "Upload it first, or name what is there.")
    message = f"Whether {subject.name} is made of {where} can't be told: it can't be read ({answer.code})."
    if of_image:
        action = "Allow ecr:DescribeImages on the repository, or pin the image (`image: REPOSITORY@sha256:DIGEST`)."
    else:
        permission = "s3:GetObjectVersion" if "version" in code["s3"] else "s3:GetObject"
        action = f"Allow {permission} on it (Lambda needs that too), or give a zip file."
    return Finding("error", "code-unresolved", message, action)


# ----------------------------------------------------------------------------------------------------------------- rows

_SETTLES = "LastUpdateStatus is Successful and CodeSha256 is the code's; a new version of it is another step."

ROWS: Rows[Body, FunctionLive] = by_name(
    Setting(
        FIELD,
        Place.CODE,
        wanted=wanted,
        live=_live,
        moves=_moves,
        create=_create,
        equal=_same,
        part=_part,
        step=FIELD,
        reads=_reads,
        hazards=_hazards,
        about=About(
            ("lambda:CreateFunction", "lambda:UpdateFunctionCode"),
            _SETTLES,
            "A zip over 50 MB (upload it to S3) or over 250 MB unzipped; an object or image that is not there or can't be "
            "read; an image for a function that is made of a zip, and the other way round.",
        ),
    ),
    Setting(
        "architecture",
        Place.CODE,
        wanted=lambda body: body.spec.architecture,
        live=of_content("architecture"),
        moves=_architecture_moves,
        create=lambda value: {"Architectures": [value]},
        step=FIELD,
        about=About(
            ("lambda:CreateFunction", "lambda:UpdateFunctionCode"),
            _SETTLES,
            "A change without `code`: Lambda takes it only together with the code.",
        ),
    ),
)
