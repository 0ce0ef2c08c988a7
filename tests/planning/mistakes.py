"""Plans with one table or function of a test's own beside fixed ones, a mark where its mistake is."""

from pathlib import Path

from orchestrator.errors import Problem
from tests.planning.marks import marked
from tests.planning.plans import refused

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/orders:1"
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:q"
KINESIS = "arn:aws:kinesis:eu-west-1:123456789012:stream/s"
LAYER = "'arn:aws:lambda:eu-west-1:123456789012:layer:tools:3'"
FIXED = """\
plan: shop
variables: {v: {default: x}}
tables:
  orders: {partition_key: {id: S}, stream: new_image, indexes: {by_a: {partition_key: {a: S}}}}
  old-one: absent
functions:
  api: {runtime: python3.13, aliases: {live: published}}
"""


def table(settings: str) -> str:
    """A plan whose table `bills` has these settings, a mark where its mistake is."""
    return FIXED.replace("functions:", f"  bills: {{{settings}}}\nfunctions:")


def function(settings: str) -> str:
    return f"{FIXED}  job: {{{settings}}}\n"


def one(folder: Path, text: str) -> Problem:
    """The only problem of a plan with one mark, which stands at the mark."""
    plain, (place,) = marked(text)
    (problem,) = refused(folder, plain)
    assert (problem.line, problem.column) == place
    return problem
