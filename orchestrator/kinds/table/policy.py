"""The resource policy of a table: one document, stated wholly, changed only from the revision that was looked at.

Two documents are one value where they mean the same (`kinds/policy_document.py`). Whoever changed it since then is not
overwritten: AWS refuses a call that expects another revision (fact sheet, section 3), and the run looks again.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from orchestrator.kinds import policy_document
from orchestrator.kinds.complaint import Complaint
from orchestrator.kinds.contract import About, Move, Setting
from orchestrator.kinds.fields import OFF
from orchestrator.kinds.json_text import json_text
from orchestrator.kinds.table import aspects, lanes
from orchestrator.kinds.table.lanes import Place
from orchestrator.kinds.table.live import ResourcePolicy, TableLive
from orchestrator.kinds.table.spec import TableSpec
from orchestrator.kinds.table.subjects import Table
from orchestrator.model import UNREAD, Call, Scope, Text, hide, known_text, walk

FIELD = "resource_policy"
NO_POLICY = "NO_POLICY"
"""The revision to expect where none is attached."""

LARGEST = 20_480
"""Bytes of a document as it is sent (fact sheet, section 3)."""


def _live(table: TableLive) -> Any:
    seen = table.resource_policy
    return seen if seen is UNREAD else (seen.document if seen else OFF)


def _same(seen: Any, wanted: Any) -> bool:
    return policy_document.same(seen, wanted)


def _part(seen: Any, wanted: Any) -> tuple[Any, Any]:
    """One value. Where the plan's holds something hidden the live one is hidden as a whole: it may hold the same."""
    secret = any(isinstance(leaf, Text) and leaf.hidden for leaf in walk(wanted))
    return (hide(json_text(seen)) if secret and seen != OFF else seen), wanted


def _create(wanted: Any) -> Mapping[str, Any]:
    return {} if wanted == OFF else {"ResourcePolicy": json_text(wanted)}


def _moves(before: Any, after: Any, subject: Table) -> Sequence[Move]:
    seen = subject.seen.resource_policy
    revision = seen.revision if isinstance(seen, ResourcePolicy) else NO_POLICY
    expected = {"ResourceArn": subject.arn, "ExpectedRevisionId": revision}
    if after == OFF:
        call = Call("dynamodb", "DeleteResourcePolicy", expected)
        return [Move("remove the resource policy", call, before, after, deadline=lanes.POLICY)]
    call = Call("dynamodb", "PutResourcePolicy", {**expected, "Policy": json_text(after)})
    verb = "attach a" if before == OFF else "replace the"
    return [Move(f"{verb} resource policy", call, before, after, deadline=lanes.POLICY)]


ROW: Setting[TableSpec, TableLive] = Setting(
    FIELD,
    Place.POLICY,
    wanted=lambda spec: spec.resource_policy,
    live=_live,
    moves=_moves,
    create=_create,
    fresh=OFF,
    equal=_same,
    part=_part,
    scope=Scope.SELF,
    reads=lambda spec, _: frozenset({aspects.POLICY}),
    about=About(
        ("dynamodb:CreateTable", "dynamodb:PutResourcePolicy", "dynamodb:DeleteResourcePolicy"),
        "GetResourcePolicy shows a document of that meaning.",
        "More than 20 KB; a change from another revision than the one that was looked at, by AWS.",
    ),
)


def complaints(table: TableSpec) -> Iterator[Complaint]:
    """A document has statements, and is not larger than AWS takes it. A file that could not be read is told elsewhere."""
    stated = table.resource_policy
    if not isinstance(stated, Mapping) or "file" in stated:
        return
    if not stated.get("Statement"):
        message = "<path>: a policy has a `Statement`; this one has none."
        yield Complaint(
            (FIELD,),
            "policy-without-statement",
            message,
            "State it, or `resource_policy: off` for no policy.",
            (FIELD,),
        )
    if any(isinstance(leaf, bytes) for leaf in walk(stated)):
        yield Complaint((FIELD,), "policy-not-json", "<path>: a policy holds no binary values.", "Write them as text.")
        return
    size = len(known_text(json_text(stated)).encode())
    if size > LARGEST:
        message = f"<path>: the policy has {size:,} bytes; AWS takes {LARGEST:,}."
        yield Complaint((FIELD,), "policy-too-large", message, "Shorten it: wildcards, fewer statements, no Sids.")
