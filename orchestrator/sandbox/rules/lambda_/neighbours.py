"""What Lambda sees of other services: streams, queues and other places."""

from collections.abc import Callable
from dataclasses import dataclass, field

from orchestrator.sandbox.rules.ground import Ground

Streams = Callable[[str, float], bool]
"""Whether a DynamoDB stream of this ARN is open at that time (epoch seconds)."""

VISIBILITY = 30.0
"""Seconds: SQS's own default, which refuses every function with a longer timeout until the queue is said to have more."""


@dataclass
class Neighbours:
    """Queues, topics, buckets and Kinesis streams all exist until told otherwise; DynamoDB streams are asked for."""

    ground: Ground
    streams: Streams | None = None
    _gone: set[str] = field(default_factory=set)
    _visibility: dict[str, float] = field(default_factory=dict)

    def queue(self, arn: str, visibility: float = VISIBILITY) -> None:
        """Note the queue's visibility timeout (seconds)."""
        self._gone.discard(arn)
        self._visibility[arn] = visibility

    def exist(self, arn: str, *, there: bool = True) -> None:
        """Note that a source or destination was made, or is gone."""
        if there:
            self._gone.discard(arn)
        else:
            self._gone.add(arn)
            self._visibility.pop(arn, None)

    def visibility(self, arn: str) -> float:
        return self._visibility.get(arn, VISIBILITY)

    def there(self, arn: str, now: float) -> bool:
        """Whether an event source or destination exists. Lambda reaches streams of its own region alone."""
        if arn in self._gone:
            return False
        _, _, service, region, account, *_ = arn.split(":")
        if service == "dynamodb" and self.streams is not None:
            here = (region, account) == (self.ground.region, self.ground.account)
            return here and self.streams(arn, now)
        return True
