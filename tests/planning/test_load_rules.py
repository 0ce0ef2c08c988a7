"""The ground rules of the plan language: what is refused, where, and what was expected there."""

from pathlib import Path

import pytest

from tests.planning.marks import marked
from tests.planning.mistakes import IMAGE, KINESIS, LAYER, QUEUE, function, table
from tests.planning.plans import loaded, refused, resource

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
    (function("code: {s3: {bucket: code, key: k}}, §image: {}"), "package-type", "made of a zip has none"),
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
