"""KMS keys: which names mean the same key, wherever a setting holds one.

AWS describes a thing's key by its ARN, and a plan may hold an alias, the ARN of one, or a key id; only kms:DescribeKey tells
that they are the same (fact sheet 14.2, rule 12).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.kinds.observation import Aspect, Unreadable, unreadable
from orchestrator.model import Finding, Ref

KMS = "kms"
"""`kms:alias/orders` asks what key that is."""

ASPECT = Aspect(
    "DescribeKey",
    lambda _, name: {"KeyId": name},
    lambda replies: replies[0]["KeyMetadata"]["Arn"],
    unreadable("AccessDeniedException", "NotFoundException"),
    service="kms",
    held_as="kms_keys",
    keyed=True,
)

Keys = Mapping[str, str | Unreadable]
"""What kms:DescribeKey told, by the names that it was asked for: a key's ARN, or why not."""


@dataclass(frozen=True, slots=True)
class LiveKey:
    """The live key's ARN, None where the service's own one is used, and the other names that are known to mean it."""

    key: str | None
    names: frozenset[str] = frozenset()

    @classmethod
    def of(cls, key: str | None, keys: Keys) -> "LiveKey":
        return cls(key, frozenset(name for name, arn in keys.items() if key is not None and arn == key))

    def means(self, name: Any) -> bool:
        """Whether `name`, a str or a Text that is known only later, is known to mean the live key."""
        return name in {self.key, *self.names}


def reads(name: Any) -> frozenset[str]:
    """What to read before the key that a plan calls `name` can be compared.

    A key's own ARN is compared as it stands. A hidden name is not asked for: what is read is shown.
    """
    return frozenset({f"{KMS}:{name}"} if isinstance(name, str) and not _is_key_arn(name) else ())


def unresolved(ref: Ref, name: Any, title: str, keys: Keys) -> Sequence[Finding]:
    """An error where nobody can tell whether the live key of `ref` is the one that the plan calls `name` and shows as `title`."""
    answer = keys.get(name) if isinstance(name, str) else None
    if isinstance(answer, str) or (isinstance(name, str) and _is_key_arn(name)):
        return ()
    because = f": kms:DescribeKey answered {answer.code}" if answer else ""
    message = f"Whether {ref} is already encrypted with {title} can't be told{because}."
    action = (
        "Allow kms:DescribeKey on that key, or write the key's own ARN (`kms_key: arn:aws:kms:REGION:ACCOUNT:key/ID`)."
    )
    return (Finding("error", "kms-key-unresolved", message, action),)


def title(key: Any) -> str:
    """A stated key in words; a hidden one without its name."""
    return f"KMS key {key}" if isinstance(key, str) else "the stated KMS key"


def _is_key_arn(name: str) -> bool:
    return name.startswith("arn:") and ":key/" in name
