"""The KMS keys that plans and things name by an alias: what was seen of them, and keys that are made up for the rest."""

from collections.abc import Iterable, Iterator
from typing import Any

from orchestrator.kinds.function.live import FunctionLive
from orchestrator.kinds.kms import KMS, Keys
from orchestrator.kinds.observation import split
from orchestrator.kinds.table.aspects import ABROAD
from orchestrator.kinds.table.live import TableLive
from orchestrator.kinds.table.seen import Elsewhere
from orchestrator.model import Call, walk
from orchestrator.sandbox.rules.account import Account

ALIAS = "alias/"


def register(account: Account, seen: Iterable[Any], reads: Iterable[str]) -> None:
    """Let KMS know the keys that were seen by their aliases, and those that will be asked for."""
    for one in seen:
        for region, keys in _told(one, account.ground.region):
            for name, arn in keys.items():
                _know(account.elsewhere(region), name, arn if isinstance(arn, str) else None)
    for read in reads:
        sort, argument = split(read)
        region, rest = split(argument) if sort == ABROAD else (account.ground.region, read)
        aspect, name = split(rest)
        if aspect == KMS:
            register_name(account.elsewhere(region), name)


def register_named(account: Account, call: Call) -> None:
    """Let KMS know the keys that a call names: the plan's author does, whoever may ask for them."""
    there = account.elsewhere(call.region) if call.region else account
    for leaf in walk(call.parameters):
        if isinstance(leaf, str):
            register_name(there, leaf)


def register_name(account: Account, name: str) -> None:
    """Have a made-up key under an alias that is not known."""
    alias = _alias(account, name)
    if alias and not account.kms.knows(alias):
        account.kms.register(alias)


def _know(account: Account, name: str, arn: str | None) -> None:
    """A key of this account and Region by its id; another one is made up, for the rules know no other account."""
    alias, prefix = _alias(account, name), account.ground.arn("kms", "key/")
    if alias:
        account.kms.register(alias, arn.removeprefix(prefix) if arn and arn.startswith(prefix) else None)


def _alias(account: Account, name: str) -> str:
    alias = name.removeprefix(account.ground.arn("kms", ""))
    return alias if alias.startswith(ALIAS) else ""


def _told(seen: Any, region: str) -> Iterator[tuple[str, Keys]]:
    """What was told of keys, by Region."""
    if isinstance(seen, TableLive | FunctionLive):
        yield region, seen.kms_keys
    if isinstance(seen, TableLive):
        for name, replica in seen.replicas.items():
            yield from _told(replica.own, name)
    if isinstance(seen, TableLive | Elsewhere):
        for name, table in (seen.elsewhere if isinstance(seen, TableLive) else seen.tables).items():
            yield from _told(table, name)
