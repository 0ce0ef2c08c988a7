"""Plants what hangs on a function: permissions, URLs, asynchronous invocation, provisioned concurrency, event sources."""

from collections.abc import Iterable, Mapping
from typing import Any

from orchestrator.kinds.fields import OFF
from orchestrator.kinds.function import async_invoke, url
from orchestrator.kinds.function.attached import UrlLive
from orchestrator.kinds.function.event_sources import filters
from orchestrator.kinds.function.event_sources.live import DISABLED, MappingLive
from orchestrator.kinds.function.live import FunctionLive
from orchestrator.kinds.function.permissions.live import ACTION, PRINCIPAL, SOURCE_ACCOUNT, SOURCE_ARN, Statement
from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.lambda_ import event_sources
from orchestrator.sandbox.rules.lambda_.attachments import Document, InvokeConfig, Lag, Policy, Provisioned, Url, key
from orchestrator.sandbox.rules.lambda_.event_sources import Source
from orchestrator.sandbox.rules.lambda_.function import Function
from orchestrator.sandbox.rules.lambda_.mapping import EventSourceMapping
from orchestrator.sandbox.rules.lambda_.names import LATEST


def plant(function: Function, live: FunctionLive, now: float) -> None:
    """What was read of what hangs on the function and its aliases."""
    there, seen = function.attachments, live.attached
    for alias, statements in seen.policies.items():
        if statements:
            arn = function.arn if alias == LATEST else f"{function.arn}:{alias}"
            written = tuple(_statement(one, arn) for one in statements.values())
            there.policies[alias] = Policy([Document(now, "", written)])
    if isinstance(seen.urls, Mapping):
        there.urls |= {key(alias or None): _url(one, now) for alias, one in seen.urls.items()}
    configs = dict(seen.invoke_configs)
    if isinstance(seen.async_invoke, Mapping):
        configs[LATEST] = seen.async_invoke
    there.invoke_configs |= {
        alias: InvokeConfig(async_invoke.parameters(one, {}), now) for alias, one in configs.items() if one
    }
    there.provisioned |= {
        alias: Provisioned(one.wanted, now, now, failure=(one.reason or one.status) if one.status == "FAILED" else None)
        for alias, one in seen.provisioned.items()
        if one is not None
    }


def _statement(statement: Statement, resource: str) -> Mapping[str, Any]:
    """As AddPermission writes it; conditions for which the plan language has no word were not kept."""
    conditions = {
        "ArnLike": {"AWS:SourceArn": statement.value.get(SOURCE_ARN)},
        "StringEquals": {"AWS:SourceAccount": statement.value.get(SOURCE_ACCOUNT)},
    }
    stated = {operator: one for operator, one in conditions.items() if all(one.values())}
    return {
        "Sid": statement.id,
        "Effect": "Allow" if statement.allows else "Deny",
        "Principal": statement.value[PRINCIPAL],
        "Action": statement.value[ACTION],
        "Resource": resource,
        **({"Condition": stated} if stated else {}),
    }


def _url(live: UrlLive, now: float) -> Url:
    cors = {url.MEMBERS[name]: value for name, value in live.value[url.CORS].items()}
    told = {"AuthType": live.value[url.AUTH].upper(), "InvokeMode": live.value[url.MODE].upper()}
    return Url(live.address, {**told, **({"Cors": cors} if cors else {})}, now, now, Lag())


# -------------------------------------------------------------------------------------------------------- event sources


def plant_mappings(account: Account, mappings: Iterable[MappingLive], now: float) -> None:
    """Each mapping that was seen; one that was seen twice is one."""
    for one in mappings:
        source = Source(one.source)
        arn = account.ground.arn("lambda", f"event-source-mapping:{one.uuid}")
        settings = {**event_sources.merged(source.defaults, _settings(one, source)), **_start(one)}
        account.lambda_.keep_mapping(
            EventSourceMapping(
                one.uuid, arn, source, one.function, settings, one.state != DISABLED, now, None, now, Lag()
            )
        )


def _settings(mapping: MappingLive, source: Source) -> dict[str, Any]:
    age = -1 if mapping.max_record_age == OFF else mapping.max_record_age
    failure = {} if mapping.on_failure == OFF else {"Destination": mapping.on_failure}
    told = {
        "BatchSize": mapping.batch_size,
        "MaximumBatchingWindowInSeconds": mapping.batching_window,
        "ParallelizationFactor": mapping.parallelization,
        "MaximumRetryAttempts": mapping.retries,
        "MaximumRecordAgeInSeconds": age,
        "BisectBatchOnFunctionError": mapping.bisect_on_error,
        "DestinationConfig": {"OnFailure": failure},
        "FilterCriteria": filters.criteria(mapping.filter or ()),
        "FunctionResponseTypes": ["ReportBatchItemFailures"] if mapping.report_batch_item_failures else [],
        **mapping.others,
    }
    return {name: value for name, value in told.items() if name in source.settings and value is not None}


def _start(mapping: MappingLive) -> dict[str, Any]:
    if mapping.start is None:
        return {}
    at = {} if mapping.start.at is None else {"StartingPositionTimestamp": mapping.start.at}
    return {"StartingPosition": mapping.start.position, **at}
