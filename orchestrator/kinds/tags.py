"""Tags of any resource: a map of which the plan usually states a part.

In a Change a tag that goes is written as None, so that what is wanted of each key can be read from it alone.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from orchestrator.kinds.complaint import Complaint
from orchestrator.kinds.contract import D, Diff, L, Move, Subject
from orchestrator.model import Call, Change, Path, Ref, Unmanaged, known_text

FIELD = "tags"
RESERVED = "aws:"

_MOST, _LONGEST_KEY, _LONGEST_VALUE = 50, 128, 256


def own(live: Mapping[str, str]) -> dict[str, str]:
    """The tags that are the user's: keys in `aws:` never count (fact sheet 14.2, rule 15)."""
    return {key: value for key, value in live.items() if not key.startswith(RESERVED)}


def completed(kept: Mapping[str, str], wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    """With those that the plan does not name, unless it clears them."""
    return {**kept, **wanted} if wanted else wanted


def beyond(ref: Ref, live: Mapping[str, str], stated: Mapping[str, Any] | None, prune: Collection[str]) -> Diff:
    """What becomes of the live tags that the plan does not name, where it states tags at all.

    `prune: [tags]` takes them away, and so does `tags: {}`, which clears; else they are unmanaged.
    """
    unnamed = () if stated is None else tuple(sorted(key for key in own(live) if key not in stated))
    if not unnamed:
        return Diff()
    if FIELD in prune or not stated:
        return Diff((Change(ref, FIELD, _among(live, unnamed), dict.fromkeys(unnamed), "update"),))
    return Diff(unmanaged=tuple(Unmanaged(ref, FIELD, key) for key in unnamed))


def complaints(stated: Mapping[str, Any] | None) -> Iterator[Complaint]:
    """How many, how long, and none of AWS's own (fact sheet 3)."""
    if len(stated or {}) > _MOST:
        message = f"<path> has {len(stated or {})} tags; {_MOST} are the most."
        yield Complaint((FIELD,), "too-many-tags", message, "Remove some.")
    for key, value in (stated or {}).items():
        path: Path = (FIELD, key)
        if not 1 <= len(key) <= _LONGEST_KEY:
            message = f"<path>: a tag's key has 1 to {_LONGEST_KEY} characters; this one has {len(key)}."
            yield Complaint(path, "bad-tag", message, "Rename it.")
        if key.casefold().startswith(RESERVED):
            yield Complaint(path, "bad-tag", f"<path>: keys in `{RESERVED}` are AWS's own.", "Rename it.")
        if (length := len(known_text(value))) > _LONGEST_VALUE:
            message = f"<path>: a tag's value has at most {_LONGEST_VALUE} characters; this one has {length}."
            yield Complaint(path, "bad-tag", message, "Shorten it.")


def moves(
    service: str, resource: str, form: Callable[[Mapping[str, Any]], Mapping[str, Any]], deadline: float
) -> Callable[[Mapping[str, Any], Mapping[str, Any], Subject[D, L]], Sequence[Move]]:
    """The `moves` of a row: one UntagResource with all keys, then one TagResource with all sets.

    In this order, because a resource that has as many tags as it may takes new ones only once others are gone. `resource`
    is the parameter that `service` gives the ARN in, `form` makes its parameters for tags.
    """

    def made(before: Mapping[str, Any], after: Mapping[str, Any], subject: Subject[D, L]) -> Sequence[Move]:
        gone = {key: None for key, value in after.items() if value is None}
        kept = {key: value for key, value in after.items() if value is not None}
        calls = [
            (gone, "remove", Call(service, "UntagResource", {resource: subject.arn, "TagKeys": list(gone)})),
            (kept, "set", Call(service, "TagResource", {resource: subject.arn, **form(kept)})),
        ]
        return [
            Move(f"{verb} tags {', '.join(some)}", call, _among(before, some), some, deadline=deadline)
            for some, verb, call in calls
            if some
        ]

    return made


def _among(tags: Mapping[str, Any], keys: Collection[str]) -> dict[str, Any]:
    """Those of `tags` that are among `keys`, in the order of these."""
    return {key: tags[key] for key in keys if key in tags}
