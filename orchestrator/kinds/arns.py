"""The types of settings that hold an ARN, each after the pattern of AWS's own API where that says enough.

A value that is known only while running is left to AWS; all others are checked before anything is looked up.
"""

from typing import Annotated

from orchestrator.kinds.fields import LateText, Shape

_REGION, _ACCOUNT = "[a-z0-9-]+", "[0-9]{12}"
_KMS = rf"kms:{_REGION}:{_ACCOUNT}:(key|alias)/[A-Za-z0-9/_-]+"
_KEY_ID = r"mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_ANY = rf"[a-z0-9-]+:([a-z]{{2}}(-gov)?-[a-z]+-[0-9])?:({_ACCOUNT})?:\S+"
"""As Lambda's model has it, which knows no other form of a Region here."""
_DESTINATION, _LAYER = 350, 140
"""Characters of an ARN, at most (botocore's service model, Lambda)."""


def _pattern(rest: str) -> str:
    """An ARN in any partition whose part after that is `rest`."""
    return f"arn:aws[a-z0-9-]*:{rest}"


def _arn(thing: str, rest: str, example: str, most: int | None = None) -> Shape:
    """`most` is how many characters it has at most."""
    if most is None:
        return Shape(_pattern(rest), f"the ARN of {thing}", example)
    pattern = rf"(?=[\s\S]{{1,{most}}}$){_pattern(rest)}"
    return Shape(pattern, f"the ARN of {thing} ({most} characters at most)", example)


RoleArn = Annotated[
    LateText,
    _arn("an IAM role", rf"iam::{_ACCOUNT}:role/[A-Za-z0-9_+=,.@/-]+", "arn:aws:iam::123456789012:role/orders"),
]
LayerArn = Annotated[
    LateText,
    _arn(
        "a layer's version, with its number",
        rf"lambda:{_REGION}:{_ACCOUNT}:layer:[A-Za-z0-9_-]+:[0-9]+",
        "arn:aws:lambda:eu-west-1:123456789012:layer:tools:3",
        _LAYER,
    ),
]
DeadLetterArn = Annotated[
    LateText,
    _arn(
        "an SQS queue or an SNS topic",
        rf"(sqs|sns):{_REGION}:{_ACCOUNT}:\S+",
        "arn:aws:sqs:eu-west-1:123456789012:failed",
    ),
]
KmsKeyArn = Annotated[LateText, _arn("a KMS key", _KMS, "arn:aws:kms:eu-west-1:123456789012:key/ID")]
KmsKey = Annotated[
    LateText,
    Shape(
        rf"{_pattern(_KMS)}|alias/[A-Za-z0-9/_-]+|{_KEY_ID}",
        "a KMS key: its ARN, its id or alias/NAME",
        "alias/orders",
    ),
]
KinesisStreamArn = Annotated[
    LateText,
    _arn(
        "a Kinesis stream",
        rf"kinesis:{_REGION}:{_ACCOUNT}:stream/[A-Za-z0-9_.-]+",
        "arn:aws:kinesis:eu-west-1:123456789012:stream/orders",
    ),
]
EventSourceArn = Annotated[LateText, _arn("what sends the events", _ANY, "${tables.orders.stream_arn}")]
DestinationArn = Annotated[
    LateText, _arn("what takes the records", _ANY, "arn:aws:sqs:eu-west-1:123456789012:failed", _DESTINATION)
]
SourceArn = Annotated[LateText, _arn("what may call the function", _ANY, "arn:aws:s3:::uploads")]


def service_of(arn: str) -> str:
    """`arn:PARTITION:SERVICE:…`; empty where it is no such thing."""
    return next(iter(arn.split(":")[2:3]), "")


def region_of(arn: str) -> str:
    """`arn:PARTITION:SERVICE:REGION:…`; empty where it is no such thing."""
    return next(iter(arn.split(":")[3:4]), "")


def qualifier_of(arn: str) -> str:
    """The alias or version in a function's ARN: what stands behind its seventh colon, empty where nothing does."""
    return ":".join(arn.split(":")[7:])
