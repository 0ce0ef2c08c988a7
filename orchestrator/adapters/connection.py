"""Opening AWS: a session, a Region and an account, which the credentials tell."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from botocore import exceptions as sdk

from orchestrator.adapters.aws import AwsCloud
from orchestrator.adapters.caller import Asking, once, whose
from orchestrator.adapters.credentials_end import credentials_end
from orchestrator.errors import Problem, Unreachable
from orchestrator.model import Target

if TYPE_CHECKING:
    import aioboto3


@asynccontextmanager
async def connect(
    *,
    region: str | None = None,
    profile: str | None = None,
    endpoint_url: str | None = None,
    session: "aioboto3.Session | None" = None,
    credentials: Mapping[str, str] | None = None,
    asking: Asking = once,
) -> AsyncIterator[tuple[AwsCloud, Target]]:
    """Open AWS and say where it is: account by STS, region by `region`, else a given session's, else AWS's own configuration.

    That is AWS_REGION before all else, as in every SDK but botocore, which knows only AWS_DEFAULT_REGION.

    `credentials` are aioboto3.Session's own keyword arguments, for the sandbox; `asking` makes the first question again where
    it is not answered. Raises Unreachable.
    """
    import aioboto3  # 0.3 s of imports that a command without AWS must not pay

    theirs = session is not None
    try:
        session = session or aioboto3.Session(profile_name=profile, **(credentials or {}))
    except sdk.ProfileNotFound as error:
        raise Unreachable(
            Problem("no-profile", f"{error}.", "Name a profile of ~/.aws/config with --profile or AWS_PROFILE.")
        ) from None
    where = region or (None if theirs else os.environ.get("AWS_REGION")) or session.region_name
    if not where:
        raise Unreachable(
            Problem("no-region", "No region is set.", "Give --region, `region:` in the plan, or AWS_REGION.")
        )
    async with AsyncExitStack() as stack:
        cloud = AwsCloud(session, stack, where, endpoint_url)
        account, caller = await whose(cloud, asking)
        yield cloud, Target(account, where, await cloud.endpoint(), caller, await credentials_end(session))
