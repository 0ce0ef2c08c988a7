"""The sandbox's own door, /_sandbox/: what happened so far, and what a test or a demonstration may bring about.

| request | what it does |
|---|---|
| GET /_sandbox/timeline | calls by operation, how many were refused because the resource was in transition, who was busy when |
| POST /_sandbox/reset | forgets everything |
| POST /_sandbox/foreign | makes a call as somebody else: {service, operation, parameters, region?, after?: seconds, user?} |
| POST /_sandbox/fail | ends the next move of a function in Failed: {function, reason, code, region?, of?: create, update, …} |
| POST /_sandbox/unusable | makes functions fail that have this subnet, group, key, …: {id, reason, code, region?} |
| POST /_sandbox/idle | lets weeks pass for a function or a version, which is then Inactive: {function, qualifier?, region?} |
| POST /_sandbox/deny | takes a permission from all callers: {permission: "kms:DescribeKey"} |
| POST /_sandbox/credentials | lets access keys expire, each so long after it was first seen: {good_for: seconds or null} |
| POST /_sandbox/fail-allocation | ends the next allocation of provisioned concurrency in FAILED: {function, reason, region?} |
| POST /_sandbox/queue | sets a queue's visibility timeout, as Lambda sees it: {arn, visibility_timeout: seconds, region?} |
| POST /_sandbox/source | lets an event source or destination be gone, or there again: {arn, exists: boolean, region?} |
| POST /_sandbox/fail | ends the next activation of Contributor Insights in FAILED: {table, index?, reason, code, region?} |
| the same | ends the next replica of a table in that region in CREATION_FAILED: {replica, reason, region} |
| POST /_sandbox/stall | lets the next transaction with a token get stuck, answered by a 500: {seconds, region?} |
| POST /_sandbox/answer | says what a function answers: {function, payload: JSON or error: {type, message}, region?} |
| POST /_sandbox/kinesis | says whether a Kinesis stream exists, as every one does at first: {stream: ARN, exists, region?} |
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.wrappers import Request, Response

from orchestrator.sandbox import models
from orchestrator.sandbox.http import wire
from orchestrator.sandbox.http.accounts import Accounts
from orchestrator.sandbox.http.lifetimes import Lifetimes
from orchestrator.sandbox.http.scope import ACCOUNT
from orchestrator.sandbox.rules.account import SOMEBODY, Account
from orchestrator.sandbox.rules.lambda_.answers import failing, fixed
from orchestrator.sandbox.rules.refusal import Refusal

FOREIGN = ("dynamodb", "lambda", "application-autoscaling")
"""The services of which somebody else may make a call."""

Reply = Mapping[str, Any]


class Control:
    """Answers the requests above in JSON; errors are {code, message}."""

    def __init__(
        self,
        accounts: Accounts,
        now: Callable[[], float],
        region: str,
        reset: Callable[[], None],
        lifetimes: Lifetimes,
    ) -> None:
        self._accounts = accounts
        self._lifetimes = lifetimes
        self._now = now
        self._region = region
        self._reset = reset
        self._doors: Mapping[tuple[str, str], Callable[[Mapping[str, Any]], Reply]] = {
            ("GET", "timeline"): lambda given: accounts.timeline(),
            ("POST", "reset"): self._forget,
            ("POST", "foreign"): self._foreign,
            ("POST", "fail"): self._fail,
            ("POST", "unusable"): self._unusable,
            ("POST", "idle"): self._idle,
            ("POST", "deny"): self._deny,
            ("POST", "credentials"): self._expire,
            ("POST", "fail-allocation"): self._fail_allocation,
            ("POST", "queue"): self._queue,
            ("POST", "source"): self._source,
            ("POST", "kinesis"): self._kinesis,
            ("POST", "stall"): self._stall,
            ("POST", "answer"): self._answer,
        }

    def respond(self, request: Request) -> Response:
        door = self._doors.get((request.method, request.path.removeprefix("/_sandbox").strip("/")))
        if door is None:
            known = ", ".join(f"{method} /_sandbox/{path}" for method, path in self._doors)
            return _json({"code": "NoSuchDoor", "message": f"The sandbox answers {known}."}, 404)
        try:
            return _json(door(wire.parse(request.get_data())), 200)
        except Refusal as refusal:
            return _json({"code": refusal.code, "message": refusal.message}, refusal.status)
        except wire.Malformed as malformed:
            return _json({"code": "Malformed", "message": str(malformed)}, 400)
        except KeyError as missing:
            return _json({"code": "Malformed", "message": f"{missing} is missing."}, 400)

    def _forget(self, given: Mapping[str, Any]) -> Reply:
        self._reset()
        return {}

    def _foreign(self, given: Mapping[str, Any]) -> Reply:
        service, name = given["service"], given["operation"]
        known = service in FOREIGN and name in models.service(service).operation_names
        if not known:
            raise Refusal("UnknownOperationException", f"The sandbox does not model {service}:{name}.")
        shape = models.service(service).operation_model(name).input_shape
        parameters = {} if shape is None else wire.decode(shape, given["parameters"])
        account, now, user = self._account(given), self._now(), str(given.get("user", SOMEBODY))
        if after := given.get("after"):
            account.schedule(now + float(after), service, name, parameters, user)
            return {}
        return account.foreign(service, name, parameters, now, user)

    def _fail(self, given: Mapping[str, Any]) -> Reply:
        account, reason = self._account(given), given["reason"]
        if "replica" in given:
            account.dynamodb.fail_next_replica(given["replica"], reason)
            return {}
        code = given["code"]
        if "table" in given:
            account.dynamodb.insights.fail_next(given["table"], given.get("index"), code, reason)
        else:
            account.lambda_.fail_next(given["function"], reason, code, given.get("of"))
        return {}

    def _unusable(self, given: Mapping[str, Any]) -> Reply:
        self._account(given).lambda_.unusable(given["id"], given["reason"], given["code"])
        return {}

    def _idle(self, given: Mapping[str, Any]) -> Reply:
        self._account(given).lambda_.idle(given["function"], self._now(), given.get("qualifier"))
        return {}

    def _deny(self, given: Mapping[str, Any]) -> Reply:
        self._accounts.deny(given["permission"])
        return {}

    def _expire(self, given: Mapping[str, Any]) -> Reply:
        seconds = given["good_for"]
        self._lifetimes.reset()
        self._lifetimes.seconds = None if seconds is None else float(seconds)
        return {}

    def _kinesis(self, given: Mapping[str, Any]) -> Reply:
        account, exists = self._account(given), bool(given["exists"])
        account.dynamodb.destinations.stream_exists(given["stream"], exists=exists)
        account.lambda_.neighbours.exist(given["stream"], there=exists)
        return {}

    def _stall(self, given: Mapping[str, Any]) -> Reply:
        self._account(given).dynamodb.tokens.stall_next(float(given["seconds"]))
        return {}

    def _answer(self, given: Mapping[str, Any]) -> Reply:
        error = given.get("error")
        answer = fixed(given["payload"]) if error is None else failing(error["type"], error["message"])
        self._account(given).lambda_.answers(given["function"], answer)
        return {}

    def _fail_allocation(self, given: Mapping[str, Any]) -> Reply:
        self._account(given).lambda_.fail_next_allocation(given["function"], given["reason"])
        return {}

    def _queue(self, given: Mapping[str, Any]) -> Reply:
        self._account(given).lambda_.neighbours.queue(given["arn"], float(given["visibility_timeout"]))
        return {}

    def _source(self, given: Mapping[str, Any]) -> Reply:
        self._account(given).lambda_.neighbours.exist(given["arn"], there=given["exists"] is True)
        return {}

    def _account(self, given: Mapping[str, Any]) -> Account:
        return self._accounts.of(str(given.get("account", ACCOUNT)), str(given.get("region", self._region)))


def _json(body: Reply, status: int) -> Response:
    return Response(json.dumps(body, default=str), status, content_type="application/json")
