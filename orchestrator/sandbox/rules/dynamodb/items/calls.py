"""What serves each call of the data plane."""

from collections.abc import Callable, Mapping
from typing import Any

from orchestrator.sandbox.rules.dynamodb.items.reading import Reading
from orchestrator.sandbox.rules.dynamodb.items.throughput import Throughput
from orchestrator.sandbox.rules.dynamodb.items.tokens import Tokens
from orchestrator.sandbox.rules.dynamodb.items.transactions import Transactions
from orchestrator.sandbox.rules.dynamodb.items.writing import Writing
from orchestrator.sandbox.rules.dynamodb.records import Records

Handler = Callable[[Mapping[str, Any], float], dict[str, Any]]


def handlers(records: Records, tokens: Tokens) -> Mapping[str, Handler]:
    """By operation."""
    throughput = Throughput(records.ground.limits)
    reading, writing = Reading(records), Writing(records, throughput.spend)
    transactions = Transactions(records, throughput.spend, tokens)
    return {
        "GetItem": reading.get,
        "PutItem": writing.put,
        "UpdateItem": writing.update,
        "DeleteItem": writing.delete,
        "Query": reading.query,
        "Scan": reading.scan,
        "BatchGetItem": reading.batch,
        "BatchWriteItem": writing.batch,
        "TransactGetItems": transactions.read,
        "TransactWriteItems": transactions.write,
    }
