"""What a problem of a plan advises: the nearest legal spelling, and how it is written."""

from pathlib import Path

import pytest

from tests.planning.marks import marked
from tests.planning.mistakes import function, one, table
from tests.planning.plans import refused

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
    (table("after: [§table.orders]"), "tables.orders"),
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
        (
            table("billing: §off"),
            "tables.bills.billing can't be off: expected on_demand or a mapping of on_demand, provisioned, found `off`.",
            "Write it like this: `billing: {provisioned: {read: 5, write: 5}}`. Without the key it stays as it is.",
        ),
        (
            table("billing: §provisioned"),
            "expected on_demand or a mapping of on_demand, provisioned, found `provisioned`.",
            "Write it like this: `billing: {provisioned: {read: 5, write: 5}}`.",
        ),
        (
            function("memory: §off"),
            "memory can't be off: expected an integer, found `off`.",
            "Write an integer. Without the key it stays as it is.",
        ),
        (
            function("timeout: §false"),
            "timeout can't be off: expected a duration such as",
            "Write it like this: `timeout: 30s`. Without the key it stays as it is.",
        ),
        (
            table("indexes: §off"),
            "indexes can't be off: expected a mapping, found `off`.",
            "Its entries go one by one: `NAME: absent`.",
        ),
        (
            function("permissions: §off"),
            "permissions can't be off: expected a mapping",
            "Its entries go one by one: `NAME: absent`.",
        ),
        (
            function("provisioned_concurrency: §off"),
            "provisioned_concurrency can't be off: expected a mapping",
            "Its entries go one by one: `NAME: off`.",
        ),
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
            "Write it like this: `runtime: python3.13`. Without the key it stays as it is.",
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
            "autoscaling.read: expected a min that is no more than max, or off, found a mapping.",
            "Write a min that is no more than max, or off.",
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
            "AWS takes the name of a Region, such as us-west-2; this one has another form.",
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
