"""AWS behind the Cloud port: one aioboto3 client per service and Region, no retries of the SDK's own, every error one Fault.

Retries are the engine's, because only it can look before it sends again (architecture, rules 6 and 7; fact sheet 10.2).
"""

import re
import socket
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import aiohttp
import anyio
from aiobotocore.config import AioConfig
from aiobotocore.response import StreamingBody
from botocore import exceptions as sdk
from botocore import xform_name
from botocore.parsers import ResponseParserError

from orchestrator.adapters.flight import Flight, Late, boarding, watched
from orchestrator.credentials import NONE_GIVEN
from orchestrator.errors import Fault
from orchestrator.model import Call, reveal

if TYPE_CHECKING:
    import aioboto3

CONNECT_SECONDS = 5
READ_SECONDS: Mapping[str, int] = {"lambda": 120, "s3": 120}
"""A zip may take long, up or down (fact sheet 14.4, rule 25); everything else answers within READ_SECONDS_DEFAULT."""
READ_SECONDS_DEFAULT = 30
READ_SECONDS_OF: Mapping[str, int] = {"lambda:Invoke": 930}
"""By API, where it takes longer than its service does else: a function may run for 15 minutes before it answers."""
POOL_SIZE = 64
UNREADABLE = (sdk.BotoCoreError, ResponseParserError, aiohttp.ClientError, OSError, KeyError, ValueError)
"""What comes up where no answer does; botocore's parsers stumble over a page that is no answer of AWS's with any of these."""
AWS_HOST = re.compile(r"\.amazonaws\.com(\.cn)?(:\d+)?/?$|\.api\.aws/?$")
UNREACHABLE = "EndpointUnreachable"

NEVER_SENT: tuple[tuple[type[Exception], str], ...] = (
    (sdk.ParamValidationError, "ParamValidation"),
    (sdk.ConnectTimeoutError, UNREACHABLE),
    (sdk.ProxyConnectionError, UNREACHABLE),
    (sdk.SSLError, UNREACHABLE),
    (Late, "TooLate"),
)
"""Errors of the client that prove that no request reached the service, and the Fault's code for each."""
OF_THE_NETWORK = (sdk.ConnectionError, sdk.HTTPClientError, aiohttp.ClientError)
"""What a source of credentials, too, may fail with that may work again soon."""

NEVER_CONNECTED = (aiohttp.ClientConnectorError, socket.gaierror)
"""aiobotocore says EndpointConnectionError also of connections that broke in the middle; only these never were one."""


class Stranger(Fault):
    """A page came that is no answer of the service's, so that what it did is as unknown as without one. `page` is its status."""

    def __init__(self, *facts: Any, page: int, **more: Any) -> None:
        super().__init__(*facts, **more)
        self.page = page


class AwsCloud:
    """The Cloud port over aioboto3. Make it with `connect`, which opens and closes its clients."""

    def __init__(
        self, session: "aioboto3.Session", stack: AsyncExitStack, region: str, endpoint_url: str | None
    ) -> None:
        self._session = session
        self._stack = stack
        self._region = region
        self._endpoint_url = endpoint_url
        self._clients: dict[tuple[str, str, int], Any] = {}
        self._opening = anyio.Lock()

    async def send(self, call: Call) -> Mapping[str, Any]:
        """Send `call` once, to its Region, by its `departure`. What the reply streams (an object of S3's) is read to its end.

        Raises Fault.
        """
        call = replace(call, parameters=reveal(call.parameters), region=self._abroad(call.region))
        try:
            with boarding() as flight:
                return await self._sent(call, flight)
        except Late as late:
            raise _grounded(call, late) from None

    async def _sent(self, call: Call, flight: Flight) -> Mapping[str, Any]:
        await self._find_credentials(call)
        try:
            client = await self._client(call.service, call.region or self._region, _read_seconds(call))
        except (sdk.BotoCoreError, ValueError) as error:  # ValueError: an endpoint without a scheme
            raise _fault(call, _unsent(error) or UNREACHABLE, str(error), sent=False) from None
        send = getattr(client, xform_name(call.operation))
        try:
            return await _whole(await send(**call.parameters))
        except Exception as error:
            if not flight.left:
                raise _grounded(call, error) from None
            if isinstance(error, sdk.ClientError):
                raise _answered(call, error) from None
            if isinstance(error, UNREADABLE):
                raise _unanswered(call, error, flight.status) from None
            raise

    async def _find_credentials(self, call: Call) -> None:
        """Have the SDK look for them, once. Raises Fault: of their sources each raises whatever comes up."""
        try:
            if await self._session.get_credentials() is None:
                raise sdk.NoCredentialsError
        except Exception as error:  # noqa: BLE001 - the user's own program may be among the sources
            raise _grounded(call, error) from None

    async def endpoint(self) -> str | None:
        """The address that calls go to where it is not AWS's own (given here, or by AWS_ENDPOINT_URL and its like)."""
        url = str((await self._client("dynamodb", self._region, READ_SECONDS_DEFAULT)).meta.endpoint_url)
        return None if AWS_HOST.search(url) else url

    def _abroad(self, region: str | None) -> str | None:
        """`region` where it is another than this cloud's own."""
        return None if region == self._region else region

    async def _client(self, service: str, region: str, read_seconds: int) -> Any:
        """Made on first use, one for each time that an answer may take.

        A given endpoint takes the calls for every Region; the signature says which one is meant.
        """
        key = service, region, read_seconds
        if key in self._clients:
            return self._clients[key]
        # The host of an endpoint of somebody's own need not exist with a bucket's name before it.
        by_path = service == "s3" and await self.endpoint() is not None
        async with self._opening:
            if key not in self._clients:
                config = AioConfig(
                    retries={"mode": "standard", "total_max_attempts": 1},
                    connect_timeout=CONNECT_SECONDS,
                    read_timeout=read_seconds,
                    max_pool_connections=POOL_SIZE,
                    s3={"addressing_style": "path"} if by_path else None,
                )
                made = self._session.client(service, region_name=region, endpoint_url=self._endpoint_url, config=config)
                self._clients[key] = watched(await self._stack.enter_async_context(made))
        return self._clients[key]


def _read_seconds(call: Call) -> int:
    return READ_SECONDS_OF.get(call.api, READ_SECONDS.get(call.service, READ_SECONDS_DEFAULT))


async def _whole(reply: Mapping[str, Any]) -> Mapping[str, Any]:
    """The reply with bytes where botocore has a stream. What breaks meanwhile is raised, a wrong checksum too."""
    return {name: await _read(value) if isinstance(value, StreamingBody) else value for name, value in reply.items()}


async def _read(body: StreamingBody) -> bytes:
    async with body:
        content: bytes = await body.read()
        return content


def _fault(call: Call, code: str, message: str, **facts: Any) -> Fault:
    return Fault(call.service, call.operation, code, message, region=call.region, **facts)


def _answered(call: Call, error: sdk.ClientError) -> Fault:
    """The service said no."""
    body, meta = error.response.get("Error", {}), error.response.get("ResponseMetadata", {})
    headers = {name.lower(): value for name, value in meta.get("HTTPHeaders", {}).items()}
    return _fault(
        call,
        str(body.get("Code", "Unknown")),
        str(body.get("Message", "")),
        status=meta.get("HTTPStatusCode"),
        retry_after=_seconds(error.response.get("retryAfterSeconds") or headers.get("retry-after")),
        request_id=meta.get("RequestId"),
        reasons=error.response.get("CancellationReasons") or (),
    )


def _unanswered(call: Call, error: Exception, status: int | None) -> Fault:
    """No answer, or none that could be read: whether the request took effect is unknown unless the kind of error tells."""
    if code := _unsent(error):
        return _fault(call, code, str(error), sent=False)
    said = f"{type(error).__name__}: {error}"
    if status is not None and isinstance(error, ResponseParserError):
        return Stranger(call.service, call.operation, "NoAnswer", said, region=call.region, page=status)
    return _fault(call, "NoAnswer", said)


def _grounded(call: Call, error: Exception) -> Fault:
    """Nothing left: the call can't be made, or the source of the credentials can't be asked now, or gives none."""
    code = _unsent(error) or (UNREACHABLE if isinstance(error, OF_THE_NETWORK) else NONE_GIVEN)
    return _fault(call, code, str(error) or type(error).__name__, sent=False)


def _unsent(error: Exception) -> str | None:
    """The Fault's code for an error that proves that nothing was sent; None for any other."""
    if isinstance(error, sdk.EndpointConnectionError):
        return UNREACHABLE if isinstance(error.kwargs.get("error"), NEVER_CONNECTED) else None
    return next((code for kind, code in NEVER_SENT if isinstance(error, kind)), None)


def _seconds(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None
