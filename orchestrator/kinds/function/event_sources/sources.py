"""The sorts of event source, told by their ARN, and which settings each takes (botocore's service model, Lambda)."""

import re
from dataclasses import dataclass

from orchestrator.kinds.arns import service_of
from orchestrator.kinds.comparison import plain
from orchestrator.kinds.fields import Absent, late
from orchestrator.kinds.function.spec import FunctionSpec
from orchestrator.kinds.parts import present
from orchestrator.model import FromLive, Text

OF_STREAMS = ("starting_position", "parallelization", "retries", "max_record_age", "bisect_on_error", "on_failure")
"""What only streams have: a queue keeps its failed messages itself."""
SMALL_BATCH, FIFO_BATCH = 10, 10
"""Messages of a queue's batch that needs no window; of a FIFO queue's at most."""

_STREAM = re.compile(r"(arn:[^:]+:dynamodb:[^:]+:\d{12}:table/[^/]+)/stream/\S+")


@dataclass(frozen=True, slots=True)
class Sort:
    """`words` name it in messages."""

    service: str
    words: str
    fifo: bool = False

    @property
    def queue(self) -> bool:
        return self.service == "sqs"

    @property
    def batch(self) -> int:
        """Records of a batch where nothing is said (botocore, BatchSize)."""
        return 10 if self.queue else 100


DYNAMODB = Sort("dynamodb", "a DynamoDB stream")
SORTS = {sort.service: sort for sort in (DYNAMODB, Sort("kinesis", "a Kinesis stream"), Sort("sqs", "an SQS queue"))}


def sort(source: str | Text) -> Sort | None:
    """The sort of a source; None where it can't be told yet, or is none of those that are known."""
    if isinstance(source, Text) and source.unknown:
        parts = source.parts
        late = parts[0] if len(parts) == 1 else None
        return DYNAMODB if isinstance(late, FromLive) and late.field == "stream_arn" else None
    arn = str(plain(source))
    found = SORTS.get(service_of(arn))
    return Sort("sqs", "a FIFO queue", fifo=True) if found and found.queue and arn.endswith(".fifo") else found


def table(stream: str) -> str:
    """The ARN of the table whose stream this is, whatever its label; empty where it is no stream of a table."""
    found = _STREAM.fullmatch(stream)
    return found[1] if found else ""


def named_by_arn(spec: FunctionSpec | Absent) -> dict[str, str]:
    """The stream of a table that each event source names by its ARN instead of by a reference, by the plan's ids."""
    stated = {} if isinstance(spec, Absent) else present(spec.event_sources)
    literal = {name: str(plain(one.source)) for name, one in stated.items() if not late(one.source)}
    return {name: arn for name, arn in literal.items() if table(arn)}


def table_of_function(function: str, name: str) -> str:
    """The ARN of a table of the plan: it is in the account and Region of the plan's functions."""
    _, partition, _, region, account, *_ = function.split(":")
    return f"arn:{partition}:dynamodb:{region}:{account}:table/{name}"
