"""The ground rules of the plan language: what is refused, where, in which words, and everything at once."""

from pathlib import Path

import pytest

from orchestrator.errors import InvalidPlan, Problem
from orchestrator.planning.load import Inputs, load, read
from tests.planning.marks import marked
from tests.planning.plans import loaded, refused, resource, write

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


# ---------------------------------------------------------------------------------------------------- not supported yet

LATER = [
    table("after: [§tasks.seed]"),
    "plan: shop\n§requires: [accounts]\n",
    "plan: shop\n§tasks: {t: {seed: {table: orders, items: [{id: a}]}}}\n",
    "plan: shop\n§stages: [{stage: expand, tables: {orders: {ttl: at}}}]\n",
]


@pytest.mark.parametrize("text", LATER, ids=lambda text: text.partition("§")[2].partition("\n")[0][:60])
def test_what_comes_later_is_refused_at_its_place(text: str, tmp_path: Path) -> None:
    problem = one(tmp_path, text)
    assert problem.code == "not-supported-yet"
    assert "not supported yet" in problem.message
    assert problem.subject
    assert problem.message.startswith(problem.subject)


@pytest.mark.parametrize("settings", ["replace: refuse", "billing: {on_demand: {}}"])
def test_the_default_of_a_later_setting_may_be_written(settings: str, tmp_path: Path) -> None:
    assert resource(loaded(tmp_path, table(settings)), "tables.bills").name == "bills"


# ------------------------------------------------------------------------------------------------------- did you mean

MISSPELLED = [
    ("plan: shop\n§polcy: {}\n", "policy"),
    ("plan: shop\npolicy: {§deadlin: 2h}\n", "deadline"),
    ("plan: shop\npolicy: {destructive: §alow}\n", "allow"),
    ("plan: shop\nvariables: {a: {default: x, §sensitiv: true}}\n", "sensitive"),
    (table("§partition_keys: {id: S}"), "partition_key"),
    (table("§PartitionKey: {id: S}"), "partition_key"),
    (table("billing: §on-demand"), "on_demand"),
    (table("billing: {§provisoned: {read: 1, write: 1}, on_demand: {}}"), "provisioned"),
    (table("stream: §new_and_old_image"), "new_and_old_images"),
    (table("table_class: §STANDARD"), "standard"),
    (table("encryption: §aws-managed"), "aws_managed"),
    (table("prune: [§index], indexes: {}"), "indexes"),
    (table("indexes: {by_a: §Absent}"), "absent"),
    (table("indexes: {by_a: {partition_key: {a: S}, §projecton: all}}"), "projection"),
    (table("indexes: {by_a: {projection: §key_only}}"), "keys_only"),
    (table("timeouts: {§indexes: 4h}"), "index"),
    ("plan: shop\ntables: {orders: §absnt}\n", "absent"),
    ("plan: shop\nfunctions: {f: {ensure: §abset}}\n", "absent"),
    ("plan: shop\ntables: {orders: {ensure: absent, §nam: x}}\n", "name"),
    (function("§enviroment: {}"), "environment"),
    (function("architecture: §arm_64"), "arm64"),
    (function("aliases: {live: §publishd}"), "published"),
    (function("aliases: {live: {version: published, §weight: {}}}"), "weights"),
    (function("code: {§directoy: src}"), "directory"),
    (table("tags: {a: §'${tables.ordrs.name}'}"), "tables.orders"),
    (table("after: [§tables.order]"), "tables.orders"),
    (table("after: [§table.orders]"), "tables"),
    (table("after: [§tables.orders.index.by_a]"), "indexes"),
]


@pytest.mark.parametrize(("text", "meant"), MISSPELLED, ids=lambda text: text.partition("§")[2][:40] or text)
def test_the_nearest_legal_spelling_is_offered(text: str, meant: str, tmp_path: Path) -> None:
    plain, (place,) = marked(text)
    first = next(found for found in refused(tmp_path, plain) if (found.line, found.column) == place)
    assert first.action == f"Did you mean `{meant}`?"


@pytest.mark.parametrize("text", [table("partition_key: §a"), table("timeouts: {create: §d}"), table("tags: §of")])
def test_words_of_the_explanation_are_no_suggestions(text: str, tmp_path: Path) -> None:
    assert "Did you mean" not in one(tmp_path, text).action


# -------------------------------------------------------------------------------------------- names, keys, values, rules

WRONG = [
    ("plan: §Shop\n", "wrong-value", "a plan name"),
    ("plan: §shop_1\n", "wrong-value", "a plan name"),
    ("plan: §-shop\n", "wrong-value", "a plan name"),
    (f"plan: §{'x' * 64}\n", "wrong-value", "a plan name"),
    ("plan: §5\n", "wrong-value", "a plan name"),
    ("§description: {}\n", "missing-key", "plan is missing"),
    ("plan: shop\nversion: §2\n", "wrong-value", "expected 1"),
    ("plan: shop\naccount: §123456789012\n", "wrong-value", "12 digits"),
    ("plan: shop\naccount: §'12345'\n", "wrong-value", "12 digits"),
    ("plan: shop\nregion: §Ireland!\n", "wrong-value", "a region"),
    ("plan: shop\n§tables: []\n", "wrong-value", "a mapping"),
    ("plan: shop\ntables: {§a b: absent}\n", "bad-name", "a logical id"),
    ("plan: shop\ntables: {§ab: {}}\n", "bad-name", "3 to 255"),
    ("plan: shop\ntables: {orders: {§name: a/b}}\n", "bad-name", "can't be the name of a table"),
    (f"plan: shop\nfunctions: {{§{'f' * 65}: absent}}\n", "bad-name", "can't be the name of a function"),
    ("plan: shop\nvariables: {§Stage: {default: a}}\n", "bad-name", "a variable name"),
    ("plan: shop\nvariables: {s: {default: a, type: §text}}\n", "wrong-value", "string, integer"),
    ("plan: shop\npolicy: {deadline: §90}\n", "wrong-value", "a duration"),
    ("plan: shop\npolicy: {deadline: §1h30m}\n", "wrong-value", "a duration"),
    ("plan: shop\npolicy: {backup_before_delete: §'true'}\n", "wrong-value", "true or false"),
    (
        "plan: shop\n§tables: {t-1: {}}\nstages: [{stage: s}]\n".replace("§", "").replace("stages", "§stages"),
        "",
        "stages",
    ),
    (table("§partition_key: {a: S, b: S}"), "wrong-value", "at most 1"),
    (table("§partition_key: {}"), "wrong-value", "at least 1"),
    (table("partition_key: {a: §String}"), "wrong-value", "S, N or B"),
    (table("§sort_key: {a: S}"), "half-key", "stated wholly"),
    (table("partition_key: {a: S}, §sort_key: {a: S}"), "repeated-attribute", "partition key already"),
    (
        table("partition_key: {a: S}, indexes: {by_a: {partition_key: {§a: N}}}"),
        "attribute-type",
        "`a` is N here but S",
    ),
    (table("partition_key: {a: S}, §local_indexes: {by_b: {sort_key: {b: N}}}"), "local-index", "sort key"),
    (table("indexes: {§by: {partition_key: {a: S}}}"), "bad-name", "name of an index"),
    (table("indexes: {by_a: {projection: {§kind: ALL}}}"), "unknown-key", "no key `kind`"),
    (table("indexes: {by_a: {§projection: []}}"), "wrong-value", "at least one attribute"),
    (
        table("billing: on_demand, indexes: {by_a: {§billing: {provisioned: {read: 1, write: 1}}}}"),
        "index-billing-mode",
        "its table is billed on demand",
    ),
    (
        table(
            "partition_key: {a: S}, sort_key: {b: S}, indexes: {§by_b: absent}, local_indexes: {by_b: {sort_key: {c: S}}}"
        ),
        "index-name-taken",
        "a local index of this table",
    ),
    (
        table(f"§indexes: {{by_a: {{projection: [{', '.join(f'a{n}' for n in range(101))}]}}}}"),
        "projection-quota",
        "list 101 attributes; AWS allows 100",
    ),
    (function(f"layers: [{LAYER}, §{LAYER[:-2]}4']"), "layer-twice", "layer:tools is in this list already"),
    (function("§vpc: {subnets: [subnet-1], security_groups: []}"), "half-a-network", "subnets without security groups"),
    (function("§vpc: {subnets: [], security_groups: [sg-1]}"), "half-a-network", "security groups without subnets"),
    (function("logging: {§level: INFO}"), "level-of-text", "only with `format: json`"),
    (function("logging: {format: text, §system_level: INFO}"), "level-of-text", "only with `format: json`"),
    (function("code: {§image: 'docker.io/library/python:3'}"), "image-uri", "no image of ECR's"),
    (function(f"code: {{§image: '{IMAGE[:-2]}'}}"), "image-uri", "no image of ECR's"),
    (
        function(f"code: {{image: '{IMAGE}'}}, §runtime: python3.13"),
        "package-type",
        "made of a container image has none",
    ),
    (function(f"code: {{image: '{IMAGE}'}}, §handler: app.handler"), "package-type", "functions.job.handler"),
    (function(f"code: {{image: '{IMAGE}'}}, §layers: []"), "package-type", "functions.job.layers"),
    (function("code: {s3: {bucket: b, key: k}}, §image: {}"), "package-type", "made of a zip has none"),
    (function("image: {}, §runtime: python3.13"), "package-type", "whose `image` stands here too"),
    (function(f"code: {{image: '{IMAGE}'}}, §snap_start: published_versions"), "snap-start", "a container image"),
    (function("ephemeral_storage: 513, §snap_start: published_versions"), "snap-start", "512 MB of ephemeral storage"),
    (table("indexes: {by_a: {projection: [x, y, §x]}}"), "repeated-entry", "projection[2]: `x` stands in this list"),
    (table("local_indexes: {by_a: {sort_key: {a: S}, projection: [x, §x]}}"), "repeated-entry", "Leave it out."),
    (table("tags: {}, prune: [tags, §tags]"), "repeated-entry", "prune[1]: `tags`"),
    (table("after: [functions.api, §functions.api]"), "repeated-entry", "after[1]: `functions.api`"),
    (function(f"layers: [{LAYER}, §{LAYER}]"), "repeated-entry", "stands in this list already"),
    (function("layers: ['${functions.api.arn}:3', §'${functions.api.arn}:3']"), "repeated-entry", "this value stands"),
    (function("vpc: {subnets: [subnet-1, §subnet-1], security_groups: [sg-1]}"), "repeated-entry", "`subnet-1`"),
    (function("url: {auth: none, cors: {allow_origins: [a, §a]}}"), "repeated-entry", "`a`"),
    ("plan: shop\nrequires: [a, §a]\n", "repeated-entry", "`a`"),
    (function(f"event_sources: {{s: {{§source: {LAYER}}}}}"), "event-source-sort", "an SQS queue"),
    (
        function("event_sources: {s: {§source: 'arn:aws:dynamodb:eu-west-1:123456789012:table/t'}}"),
        "event-source-sort",
        "stream",
    ),
    (
        function(f"event_sources: {{s: {{source: '{QUEUE}', §starting_position: latest}}}}"),
        "event-source-setting",
        "only streams",
    ),
    (
        function(f"event_sources: {{s: {{source: '{QUEUE}', §on_failure: off}}}}"),
        "event-source-setting",
        "only streams have it",
    ),
    (
        function(f"event_sources: {{s: {{source: '{QUEUE}.fifo', §batch_size: 11}}}}"),
        "event-source-limit",
        "10 messages",
    ),
    (
        function(f"event_sources: {{s: {{source: '{QUEUE}.fifo', §batching_window: 1s}}}}"),
        "event-source-limit",
        "no batching",
    ),
    (
        function(f"event_sources: {{s: {{source: '{QUEUE}', §batching_window: 6m}}}}"),
        "event-source-limit",
        "300 seconds",
    ),
    (
        function(f"event_sources: {{s: {{source: '{KINESIS}', §max_record_age: 30s}}}}"),
        "event-source-limit",
        "60s and 7d",
    ),
    (
        function(f"event_sources: {{s: {{source: '{KINESIS}', §starting_position: {{}}}}}}"),
        "event-source-limit",
        "`at` is missing",
    ),
    (
        function(
            f"event_sources: {{s: {{source: '{KINESIS}', starting_position: {{at: §'2026-11-01T00:00:00.5Z'}}}}}}"
        ),
        "wrong-value",
        "in whole seconds",
    ),
    (
        function(f"event_sources: {{s: {{source: '{KINESIS}', §starting_position: {{at: '2026-02-30T00:00:00Z'}}}}}}"),
        "event-source-limit",
        "no such day",
    ),
    (
        function(f"event_sources: {{s: {{source: '{KINESIS}', §filter: [{', '.join(['{}'] * 11)}]}}}}"),
        "event-source-limit",
        "10",
    ),
    (
        function(f"event_sources: {{s: {{source: '{KINESIS}', §on_failure: {LAYER}}}}}"),
        "event-source-setting",
        "S3 bucket",
    ),
    (
        function(
            "event_sources: {s: {source: '${tables.orders.stream_arn}', §starting_position: {at: '2026-11-01T00:00Z'}}}"
        ),
        "event-source-setting",
        "from a time on",
    ),
    (
        function(f"event_sources: {{a: {{source: '{QUEUE}'}}, b: {{§source: '{QUEUE}'}}}}"),
        "event-source-twice",
        "`a` has the same source and alias",
    ),
    (
        function(f"aliases: {{live: absent}}, event_sources: {{s: {{source: '{QUEUE}', §alias: live}}}}"),
        "alias-absent",
        "declares the alias live absent",
    ),
    (
        function("aliases: {live: $LATEST}, provisioned_concurrency: {§live: 5}"),
        "provisioned-alias",
        "names $LATEST or shares its traffic",
    ),
    (
        function("reserved_concurrency: 4, §provisioned_concurrency: {a: 3, b: 2}"),
        "provisioned-beyond-reserved",
        "5 executions are provisioned in all",
    ),
    (
        function("event_sources: {s: {source: '" + KINESIS + "', filter: [§{a: !!binary aGk=}]}}"),
        "wrong-value",
        "JSON can hold",
    ),
    (function("permissions: {§'from s3': {principal: s3.amazonaws.com}}"), "bad-name", "the id of a statement"),
    (function("§async_invoke: {}"), "async-invoke-empty", "says nothing"),
    (function("async_invoke: {§max_age: 30s}"), "async-invoke-limit", "between 60s and 6h"),
    (function("async_invoke: {§on_success: 'arn:aws:s3:::b'}"), "async-invoke-destination", "events, lambda, sns, sqs"),
    (function("url: {auth: none, cors: {§max_age: 2d}}"), "url-limit", "1d, are the most"),
    (function("aliases: {live: {version: $LATEST, §weights: {'11': 0.1}}}"), "alias-weights", "$LATEST and 11"),
    (function("aliases: {live: {version: '11', §weights: {'11': 0.1}}}"), "alias-weights", "two different numbered"),
    (table("billing: {provisioned: {read: §0, write: 1}}"), "wrong-value", "1 or more"),
    (table("§billing: {on_demand: {}, provisioned: {read: 1, write: 1}}"), "wrong-value", "one of them"),
    (
        table("billing: {provisioned: {§read: 1}}").replace("§", "").replace("billing: {p", "billing: {§p"),
        "missing-key",
        "",
    ),
    (table("point_in_time_recovery: {days: §36}"), "wrong-value", "from 1 to 35"),
    (table("prune: [§indexes]"), "prune-unstated", "does not state `indexes`"),
    (table("prune: [§tags]"), "prune-unstated", "does not state `tags`"),
    (table("prune: [§aliases]"), "wrong-value", "indexes or tags"),
    (table("prune: §tags, tags: {}"), "wrong-value", "a list"),
    (table("tags: {§'aws:x': y}"), "bad-tag", "AWS's own"),
    (table(f"tags: {{§a: {'x' * 257}}}"), "bad-tag", "at most 256"),
    (table("after: [§tables.bills]"), "dangling-reference", "this resource itself"),
    (table("after: [§orders]"), "dangling-reference", "names no resource"),
    (table("ensure: absent, §ttl: at"), "unknown-key", "no key `ttl`"),
    (table("indexes: {by_a: {ensure: absent, §name: x}}"), "unknown-key", "no key `name`"),
    (table("ensure: absent, deletion_protection: §true"), "wrong-value", "false"),
    (function("ensure: absent, §deletion_protection: false"), "unknown-key", "deletion_protection"),
    (function("ensure: absent, §replicas: {}"), "unknown-key", "no key `replicas`"),
    (table("replicas: {us-west-2: {ensure: absent, §after: []}}"), "unknown-key", "no key `after`"),
    (table("ensure: absent, replicas: {us-west-2: {ensure: absent, §name: x}}"), "unknown-key", "no key `name`"),
    (table("replicas: {us-west-2: {§ttl: at}}"), "unknown-key", "no key `ttl`"),
    (table("replicas: {us-west-2: {tags: {§'aws:x': a}}}"), "bad-tag", "AWS's own"),
    (function("timeout: §20m"), "wrong-value", "a duration from 1s to 900s, found `20m`"),
    (function("timeout: §30"), "wrong-value", "a duration"),
    (function("runtime: §3.13"), "wrong-value", "the name of a runtime, found the number 3.13"),
    (function("memory: §1_000"), "wrong-value", "an integer, found `1_000`"),
    (function("memory: §64"), "wrong-value", "from 128 to 10240"),
    (function("code: §5"), "wrong-value", "a string"),
    (function("§code: {zip: a.zip, directory: b}"), "wrong-value", "one of directory"),
    (function("§code: nowhere.zip"), "code-not-found", "does not exist"),
    (function("aliases: {live: §12}"), "wrong-value", "a version number in quotes"),
    (function("aliases: {§'12': published}"), "bad-name", "an alias name"),
    (function(f"§layers: [{', '.join([LAYER] * 6)}]"), "wrong-value", "at most 5 entries"),
    (function("role: §order-api"), "wrong-value", "the ARN of an IAM role"),
    (function("role: §'arn:aws:iam::123456789012:user/order-api'"), "wrong-value", "the ARN of an IAM role"),
    (function("role: §'arn:aws:iam::${account}:${var.v}/order-api'"), "wrong-value", "the ARN of an IAM role"),
    (function("role: §5"), "wrong-value", "`role: arn:aws:iam::123456789012:role/orders`"),
    (function(f"layers: [{LAYER}, §{LAYER[:-3]}']"), "wrong-value", "a layer's version"),
    (function("dead_letter: §'arn:aws:s3:::b'"), "wrong-value", "an SQS queue or an SNS topic, or off"),
    (function("kms_key: §alias/orders"), "wrong-value", "the ARN of a KMS key, or off"),
    (function("event_sources: {s: {source: §orders}}"), "wrong-value", "`source: ${tables.orders.stream_arn}`"),
    (function(f"event_sources: {{s: {{source: {LAYER}, on_failure: §queue}}}}"), "wrong-value", "or off"),
    (function("permissions: {p: {principal: s3.amazonaws.com, source_arn: §b}}"), "wrong-value", "the ARN of what"),
    (function("async_invoke: {on_success: §queue}"), "wrong-value", "or off, found `queue`"),
    (table("kinesis_stream: §orders"), "wrong-value", "the ARN of a Kinesis stream, or off"),
    (table("encryption: {kms_key: §orders}"), "wrong-value", "its ARN, its id or alias/NAME"),
    (function("environment: {§A: x}"), "bad-name", "an environment variable"),
    (function("environment: {§AWS_REGION: x}"), "reserved-name", "Lambda sets `AWS_REGION` itself"),
    (function("environment: {§_HANDLER: x}"), "reserved-name", "another name"),
    (function("prune: [§event_sources]"), "prune-unstated", "event_sources"),
]


@pytest.mark.parametrize(
    ("text", "code", "said"), WRONG, ids=[text.partition("§")[2][:50].strip() for text, *_ in WRONG]
)
def test_what_is_wrong_says_what_was_expected(text: str, code: str, said: str, tmp_path: Path) -> None:
    plain, (place,) = marked(text)
    found = [problem for problem in refused(tmp_path, plain) if (problem.line, problem.column) == place]
    assert any(problem.code == code or not code for problem in found)
    assert said in " ".join(f"{problem.message} {problem.action}" for problem in found)


def test_numbers_where_strings_belong_are_told_to_be_quoted(tmp_path: Path) -> None:
    assert one(tmp_path, function("name: §3.10")).action == 'Put it in quotes: "3.10".'
    account = one(tmp_path, "plan: shop\naccount: §012345678901\n")
    assert account.action == 'Write it like this: `account: "012345678901"`.'
    assert one(tmp_path, function("aliases: {live: §12}")).action == 'Put it in quotes: "12".'


@pytest.mark.parametrize(
    ("text", "said", "action"),
    [
        (
            table('deletion_protection: §"true"'),
            'true or false, found the string "true".',
            "Write it without quotes: `deletion_protection: true`.",
        ),
        (
            table("point_in_time_recovery: §yes"),
            "expected true, false, off or a mapping of days, found `yes`.",
            "Write `point_in_time_recovery: true`; in YAML 1.2 `yes` is a string like any other.",
        ),
        (
            table("deletion_protection: §no"),
            "expected true or false, found `no`.",
            "Write `deletion_protection: false`; in YAML 1.2 `no` is a string like any other.",
        ),
        (table("tags: §off"), "expected a mapping, found `off`.", "Write `tags: {}`, which clears it."),
        (function("environment: §off"), "expected a mapping", "Write `environment: {}`, which clears it."),
        (function("layers: §false"), "expected a list, found false.", "Write `layers: []`, which clears it."),
        (
            table("timeouts: {create: §0s}"),
            "expected a duration of 1s or more, found `0s`.",
            "Write a duration of 1s or more.",
        ),
        (table("timeouts: {create: §0}"), "a duration such as 90s", "Write it like this: `create: 30s`."),
        (
            "plan: p\npolicy: {deadline: §0m}\n",
            "expected a duration of 1s or more, found `0m`.",
            "Write a duration of 1s or more.",
        ),
        (
            function("aliases: {live: {version: '11', weights: {'12': §1.5}}}"),
            "expected a number from 0 to 1, found the number 1.5.",
            "Write a number from 0 to 1.",
        ),
        (
            function("aliases: {live: {version: '11', weights: {'12': §-1}}}"),
            "expected a number from 0 to 1, found the number -1.",
            "Write a number from 0 to 1.",
        ),
        (
            table("indexes: {by_a: {projection: [§'']}}"),
            'the name of an attribute (1 to 255 characters), found the string "".',
            "Write it like this: `status`.",
        ),
        (
            function("runtime: §''"),
            'the name of a runtime, found the string "".',
            "Write it like this: `runtime: python3.13`.",
        ),
        (
            function("runtime: §off"),
            "the name of a runtime, found `off`.",
            "Write it like this: `runtime: python3.13`.",
        ),
        (function("handler: §''"), "a handler (1 to 128", "Write it like this: `handler: app.handler`."),
        (
            function("code: {zip: §''}"),
            "a path, relative to the plan file",
            "Write it like this: `zip: build/order_events.zip`.",
        ),
        (
            function("snap_start: §0"),
            "published_versions, or off, found the number 0.",
            "Write published_versions, or off.",
        ),
        (
            function("aliases: {live: §0}"),
            "found the number 0.",
            "Write absent or published, a version number in quotes, $LATEST, or {version: …, weights: {…}}.",
        ),
        ("plan: p\nregion: §0\n", "a region such as eu-west-1", "Write it like this: `region: eu-west-1`."),
        (
            table("§name: ''"),
            "`` can't be the name of a table.",
            "AWS takes 3 to 255 letters, digits, `_`, `-` and `.`; this one has a length of 0.",
        ),
        (
            table("§name: a b"),
            "`a b` can't be the name of a table.",
            "AWS takes 3 to 255 letters, digits, `_`, `-` and `.`; this one has a space in it.",
        ),
        (
            table("§name: a/"),
            "`a/` can't be the name of a table.",
            "AWS takes 3 to 255 letters, digits, `_`, `-` and `.`; this one has `/` in it and has a length of 2.",
        ),
        (
            function("environment: {§1A: x}"),
            "`1A` can't be the name of an environment variable.",
            "AWS takes 2 or more letters, digits and `_`, beginning with a letter; this one begins with `1`.",
        ),
        (
            function("§code: nope.zip"),
            "functions.job.code: ",
            "Paths are relative to the plan file.",
        ),
        (
            table("ensure: absent, deletion_protection: §0"),
            "expected true or false, found the number 0.",
            "Write true or false.",
        ),
        (table("ttl: §true"), "the attribute that holds the time", "Write it like this: `ttl: expires_at`."),
        (table("ttl: §''"), 'or off, found the string "".', "Write it like this: `ttl: expires_at`."),
        (
            table("indexes: {by_status: §abent}"),
            "expected absent or a mapping of partition_key,",
            "Did you mean `absent`?",
        ),
        (
            table("indexes: {by_status: §partition_key}"),
            "expected absent or a mapping",
            "Write absent or a mapping of partition_key, sort_key, projection, billing, autoscaling and others.",
        ),
        (function("timeout: §30"), "a duration such as 90s", "Write it like this: `timeout: 30s`."),
        (function('timeout: §"30"'), 'found the string "30".', "Write it like this: `timeout: 30s`."),
        (function("timeout: §soon"), "found `soon`.", "Write it like this: `timeout: 30s`."),
        (function('memory: §"512"'), 'an integer, found the string "512".', "Write it without quotes: `memory: 512`."),
        (
            table("autoscaling: {§read: {min: 9, max: 5, target: 70}}"),
            "autoscaling.read: expected a min that is no more than max.",
            "Write a min that is no more than max.",
        ),
        (
            function("event_sources: {a: {§source: 'arn:aws:s3:::uploads'}}"),
            "an event source is a DynamoDB stream, a Kinesis stream or an SQS queue.",
            "Name one of these by its ARN.",
        ),
        (function("memory: §512MB"), "an integer, found `512MB`.", "Write the number alone: `memory: 512`."),
        (function("memory: §lots"), "an integer, found `lots`.", "Write an integer."),
        (
            function("memory: §64"),
            "expected a number from 128 to 10240, found the number 64.",
            "Write a number from 128 to 10240.",
        ),
        (function("timeout: §1000s"), "expected a duration from 1s to 900s", "Write a duration from 1s to 900s."),
        (function("reserved_concurrency: §-1"), "0 or more, or off", "Write a number that is 0 or more, or off."),
        (table("point_in_time_recovery: {days: §36}"), "a number from 1 to 35", "Write a number from 1 to 35."),
        (
            table("billing: {provisioned: {read: §0, write: 1}}"),
            "1 or more, found",
            "Write a number that is 1 or more.",
        ),
        (
            table("replicas: {§oregon: {}}"),
            "can't be the name of a Region",
            "AWS takes the name of a Region, such as us-west-2; this one has a length of 6.",
        ),
        (table("partition_key: {id: §X}"), "expected S, N or B, found `X`.", "Write S, N or B."),
        ("plan: §Bad Name\n", "a plan name: 1 to 63 lower-case", "Write it like this: `plan: orders`."),
        ("plan: §5\n", "found the number 5.", 'Write it like this: `plan: "5"`.'),
        ("plan: p\nvariables: {v: {type: §int, default: 1}}\n", "found `int`.", "Did you mean `integer`?"),
        (
            "plan: p\nvariables: {§V: {default: 1}}\n",
            "the key `V` is not a variable name",
            "Rename it; `stage` would do.",
        ),
        (
            "plan: p\nvariables: {v: {default: a, §allowed: []}}\n",
            "expected at least 1 entry.",
            "Write at least 1 entry.",
        ),
        (table("partition_key: {§'': S}"), "is not the name of an attribute", "Rename it; `status` would do."),
    ],
)
def test_what_is_wrong_says_how_it_is_written(text: str, said: str, action: str, tmp_path: Path) -> None:
    problem = one(tmp_path, text)
    assert said in problem.message
    assert problem.action == action


@pytest.mark.parametrize(
    "settings",
    [
        "tags: {}, prune: [tags]",
        "indexes: {}, prune: [indexes]",
        "indexes: {by_a: absent}, prune: [indexes]",
        "ensure: absent, deletion_protection: false, after: [functions.api.aliases.live]",
        "ensure: absent, replicas: {us-west-2: absent, eu-central-1: {ensure: absent, deletion_protection: off}}",
        "replicas: {us-west-2: {tags: {a: b}, encryption: {kms_key: alias/a}}, us-east-1: absent}",
        "replicas: {us-west-2: {ensure: absent, deletion_protection: false}}",
        "replicas: {}, after: [tables.orders]",
        "",
        "point_in_time_recovery: off",
    ],
)
def test_what_is_right_is_taken(settings: str, tmp_path: Path) -> None:
    assert resource(loaded(tmp_path, table(settings)), "tables.bills").name == "bills"


@pytest.mark.parametrize(
    ("resource_", "setting", "value"),
    [
        ("tables.bills", "deletion_protection", False),
        ("tables.bills", "stream", "off"),
        ("tables.bills", "ttl", "off"),
        ("functions.job", "publish", False),
        ("functions.job", "description", ""),
        ("functions.job", "tracing", "pass_through"),
        ("functions.job", "reserved_concurrency", "off"),
    ],
)
@pytest.mark.parametrize("word", ["off", "false"])
def test_off_clears_an_optional_setting(resource_: str, setting: str, value: object, word: str, tmp_path: Path) -> None:
    text = (table if resource_.startswith("tables") else function)(f"{setting}: {word}")
    spec = resource(loaded(tmp_path, text), resource_).spec
    assert getattr(spec, setting) == value
    assert setting in spec.model_fields_set


def test_off_clears_the_description_of_an_alias_and_the_protection_of_what_goes(tmp_path: Path) -> None:
    aliases = function("aliases: {live: {version: published, description: off}}")
    assert resource(loaded(tmp_path, aliases), "functions.job").spec.aliases["live"].description == ""
    gone = table("ensure: absent, deletion_protection: off")
    assert resource(loaded(tmp_path, gone), "tables.bills").spec.deletion_protection is False


def test_off_is_a_value_of_tags_and_environment(tmp_path: Path) -> None:
    plan = loaded(tmp_path, function("tags: {a: off}, environment: {AB: off}"))
    spec = resource(plan, "functions.job").spec
    assert (spec.tags, spec.environment) == ({"a": "off"}, {"AB": "off"})


# ----------------------------------------------------------------------------------------------------- several plans


def refused_all(*paths: Path, region: str | None = None) -> list[Problem]:
    with pytest.raises(InvalidPlan) as caught:
        load(read(paths), region=region)
    return list(caught.value.problems)


def test_a_folder_is_read_by_name_and_not_recursively(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "c.json", ".hidden.yaml", "B.yaml"):
        write(tmp_path, f"plan: p{sum(map(ord, name))}\n", name)
    (tmp_path / "inner.yaml").mkdir()
    write(tmp_path / "inner.yaml", "plan: inner\n")
    assert [Path(plan.file).name for plan in load(read([tmp_path]))] == ["B.yaml", "a.yml", "b.yaml"]


def test_a_file_named_twice_is_one_plan(tmp_path: Path) -> None:
    file = write(tmp_path, "plan: shop\n")
    assert len(load(read([file, tmp_path, str(file)]))) == 1


def test_problems_of_all_files_are_told_together_in_order(tmp_path: Path) -> None:
    write(tmp_path, "plan: [\n", "a.yaml")
    write(tmp_path, "plan: Wrong\n", "b.yaml")
    write(tmp_path, "plan: right\n", "c.yaml")
    found = refused_all(tmp_path, tmp_path / "nope.yaml")
    assert [Path(problem.file or "").name for problem in found] == ["a.yaml", "b.yaml", "nope.yaml"]


def test_files_that_can_t_be_read(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    write(tmp_path, "plan: a\n", "orders.yaml")
    found = refused_all(empty, tmp_path / "order.yaml", tmp_path / ("x" * 300 + ".yaml"), tmp_path / "nul\0.yaml")
    assert sorted(problem.code for problem in found) == ["no-plan", "no-plan", "unreadable-file", "unreadable-file"]
    assert "Did you mean `orders.yaml`?" in [problem.action for problem in found]


ACROSS = [
    ("plan: one\n", "§plan: one\n", "same-plan"),
    ("plan: one\ntables: {orders: {}}\n", "plan: two\ntables: {§orders: absent}\n", "same-resource"),
    ("plan: one\ntables: {abc: {name: x-y}}\n", "plan: two\ntables: {§bcd: {name: x-y}}\n", "same-resource"),
    ("plan: one\naccount: '123456789012'\n", "plan: two\n§account: '210987654321'\n", "several-accounts"),
    ("plan: one\nregion: eu-west-1\n", "plan: two\n§region: us-east-1\n", "several-regions"),
]


@pytest.mark.parametrize(("first", "second", "code"), ACROSS, ids=lambda text: text if "\n" not in text else "")
def test_plans_that_do_not_go_together(first: str, second: str, code: str, tmp_path: Path) -> None:
    plain, (place,) = marked(second)
    (problem,) = refused_all(write(tmp_path, first, "a.yaml"), write(tmp_path, plain, "b.yaml"))
    assert (problem.line, problem.column, problem.code) == (*place, code)
    assert Path(problem.file or "").name == "b.yaml"


def test_a_region_from_outside_wins_over_those_of_the_plans(tmp_path: Path) -> None:
    write(tmp_path, "plan: one\nregion: eu-west-1\n", "a.yaml")
    write(tmp_path, "plan: two\nregion: us-east-1\n", "b.yaml")
    assert len(load(read([tmp_path]), region="eu-west-1")) == 2


def test_one_real_resource_is_declared_once_in_a_plan_too(tmp_path: Path) -> None:
    assert one(tmp_path, "plan: one\ntables: {abc: {name: x-y}, §bcd: {name: x-y}}\n").code == "same-resource"


def test_a_table_and_a_function_may_share_a_name(tmp_path: Path) -> None:
    assert len(loaded(tmp_path, "plan: one\ntables: {orders: {}}\nfunctions: {orders: {}}\n").resources) == 2


@pytest.mark.parametrize(
    "settings",
    [
        "role: 'arn:aws:iam::${account}:role/service-role/orders@${region}'",
        "role: 'arn:aws-us-gov:iam::123456789012:role/orders'",
        "role: '${functions.api.arn}'",
        "layers: ['arn:aws:lambda:${region}:${account}:layer:tools:3', '${functions.api.arn}:3']",
    ],
)
def test_an_arn_may_be_made_of_references(settings: str, tmp_path: Path) -> None:
    """One that is known only while running is left to AWS."""
    assert loaded(tmp_path, function(settings)).resources


@pytest.mark.parametrize(
    "key", ["alias/orders", "arn:aws:kms:eu-west-1:123456789012:key/a", "0" * 8 + "-0000" * 3 + "-" + "0" * 12]
)
def test_a_kms_key_of_a_table_is_an_arn_an_alias_or_an_id(key: str, tmp_path: Path) -> None:
    spec = resource(loaded(tmp_path, table(f"encryption: {{kms_key: '{key}'}}")), "tables.bills").spec
    assert spec.encryption.kms_key == key


def test_a_secret_is_not_quoted_where_it_stands_twice(tmp_path: Path) -> None:
    text, (place,) = marked(
        function("layers: ['${var.layer}', §'${var.layer}']").replace("{v: ", "{layer: {sensitive: true}, v: ")
    )
    (problem,) = refused(tmp_path, text, Inputs({"layer": LAYER.strip("'")}))
    assert (problem.line, problem.column, problem.code) == (*place, "repeated-entry")
    assert problem.message == "functions.job.layers[1]: this value stands in this list already."


def test_an_arn_is_measured_in_secret_too(tmp_path: Path) -> None:
    text, (place,) = marked(function("role: §'${var.role}'").replace("{v: ", "{role: {sensitive: true}, v: "))
    assert loaded(tmp_path, text, {"role": "arn:aws:iam::123456789012:role/orders"}).resources
    for value in ("s3cr3t", "arn:aws:iam::1:role/s3cr3t"):
        (problem,) = refused(tmp_path, text, Inputs({"role": value}))
        assert (problem.line, problem.column) == place
        assert problem.message == (
            "functions.job.role: expected the ARN of an IAM role, which the value of the sensitive variable is not."
        )
    (problem,) = refused(tmp_path, text.replace("'${var.role}'", "'x${var.role}'"), Inputs({"role": "s3cr3t"}))
    assert "is not" in problem.message
    assert "s3cr3t" not in str(problem)


@pytest.mark.parametrize("name", ["AWS_LAMBDA_EXEC_WRAPPER", "AWS_XRAY_CONTEXT_MISSING", "AWS_REGIONS", "TZ", "PATH"])
def test_names_that_only_look_reserved_may_be_set(name: str, tmp_path: Path) -> None:
    spec = resource(loaded(tmp_path, function(f"environment: {{{name}: x}}")), "functions.job").spec
    assert spec.environment == {name: "x"}


@pytest.mark.parametrize("letter", ["x", "é"])
def test_an_environment_has_four_kilobytes_as_json(letter: str, tmp_path: Path) -> None:
    """Bytes, not characters: {"KEY":"…"} has ten beside the value. What is known later counts nothing."""
    most = letter * (4086 // len(letter.encode()))
    for value in (most, f"${{var.v}}{most[1:]}", f"{most}${{functions.api.arn}}"):
        assert loaded(tmp_path, function(f"environment: {{KEY: '{value}'}}")).resources
    for value in (f"{most}x", "${var.v}" + most):
        problem = one(tmp_path, function(f"§environment: {{KEY: '{value}'}}"))
        assert (problem.code, problem.message) == (
            "environment-too-large",
            "functions.job.environment has 4,097 bytes as JSON; Lambda takes 4,096 at most.",
        )


@pytest.mark.parametrize(
    "key",
    [
        "description",
        "account",
        "tables",
        "tables.orders",
        "tables.orders.ttl",
        "tables.orders.tags",
        "tables.orders.tags.a",
    ],
)
def test_null_is_an_error_wherever_it_stands(key: str, tmp_path: Path) -> None:
    *outer, last = key.split(".")
    lines = ["plan: shop", *(f"{'  ' * depth}{name}:" for depth, name in enumerate(outer))]
    (problem,) = refused(tmp_path, "\n".join([*lines, f"{'  ' * len(outer)}{last}: null"]) + "\n")
    assert (problem.line, problem.code, problem.subject) == (len(lines) + 1, "wrong-value", key)
    assert "found null" in problem.message
    assert "Leave the key out" in problem.action


@pytest.mark.parametrize(
    ("index", "codes"),
    [
        ("{sort_key: {a: S}, projecton: all}", {"half-key", "unknown-key"}),
        ("{sort_key: {a: S}, projection: [5]}", {"half-key", "wrong-value"}),
        ("{sort_key: {a: S}, billing: {provisioned: {read: 5}}}", {"half-key", "missing-key"}),
        ("{partition_key: {a: X}, sort_key: {b: S}}", {"wrong-value"}),
        ("{partition_key: 5, sort_key: {b: S}, projecton: all}", {"wrong-value", "unknown-key"}),
    ],
)
def test_half_a_key_of_an_index_is_told_beside_what_else_is_wrong_there(
    tmp_path: Path, index: str, codes: set[str]
) -> None:
    text = f"plan: p\nnonsense: 1\ntables: {{ttt: {{stream: 5, indexes: {{by_a: {index}}}}}}}\n"
    found = {problem.code for problem in refused(tmp_path, text)}
    assert found == {*codes, "unknown-key", "wrong-value"}
    within = {problem.code for problem in refused(tmp_path, text) if "by_a" in (problem.subject or "")}
    assert within == codes
