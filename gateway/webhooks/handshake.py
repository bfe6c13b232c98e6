"""Leave to send, asked of a receiver beforehand (CloudEvents 1.0.2, HTTP 1.1 Web Hooks, section 4).

So nobody can have us flood an address of somebody else's: only who serves it can give the leave. What is not
done here is the leave that comes later, by `WebHook-Request-Callback`.
"""

import asyncio
from collections.abc import Mapping
from typing import Final, NamedTuple

import aiohttp
from aiohttp import hdrs

from gateway.outbound.client import Client, Unreadable, in_words
from gateway.outbound.egress import Egress
from gateway.telemetry.redaction import clean
from gateway.webhooks.spec import WebhookSpec
from schemas.errors import RefusedError
from schemas.results import ErrorCode

REQUEST_ORIGIN: Final = "WebHook-Request-Origin"
REQUEST_RATE: Final = "WebHook-Request-Rate"
ALLOWED_ORIGIN: Final = "WebHook-Allowed-Origin"
ALLOWED_RATE: Final = "WebHook-Allowed-Rate"
_ANY: Final = "*"
_SUCCESS: Final = range(200, 300)
_LONGEST_S: Final = 15.0
_MOST_PER_MINUTE: Final = 1_000_000


class _Answer(NamedTuple):
    status: int
    origin: str
    rate: str


async def leave(egress: Egress, spec: WebhookSpec, origin: str, before: Mapping[str, str]) -> int:
    """How many a minute the receiver gives leave for; 0: as many as there are.

    `origin` is our host name, `before` are the headers that hold where `spec` gives none.
    Raises RefusedError(BAD_DESTINATION) without leave.
    """
    headers = {REQUEST_ORIGIN: origin, **spec.plain_headers(before)}
    if spec.rate is not None:
        headers[REQUEST_RATE] = str(max(1, round(spec.rate.per_second * 60)))
    answer = await _asked(egress, spec, headers)
    if answer.status not in _SUCCESS or answer.origin.strip().lower() not in {_ANY, origin.lower()}:
        raise _refused(f"it answered {answer.status}, and {ALLOWED_ORIGIN} does not name {origin}")
    rate = answer.rate.strip()
    if rate in {"", _ANY}:
        return 0
    if not (rate.isascii() and rate.isdecimal()) or not 0 < int(rate[:9]) <= _MOST_PER_MINUTE:
        raise _refused(f"{ALLOWED_RATE} is no number of requests a minute")
    return int(rate)


async def _asked(egress: Egress, spec: WebhookSpec, headers: dict[str, str]) -> _Answer:
    client = Client(egress)
    try:
        async with (
            asyncio.timeout(_LONGEST_S),
            client.post(spec.url, headers, b"", spec.connection, hdrs.METH_OPTIONS) as response,
        ):
            said = response.headers
            return _Answer(response.status, said.get(ALLOWED_ORIGIN, ""), said.get(ALLOWED_RATE, ""))
    except Unreadable as error:
        return _Answer(error.status, "", "")
    except TimeoutError as error:
        raise _refused("no answer in time") from error
    except (aiohttp.ClientError, OSError, UnicodeError) as error:
        raise _refused(clean(in_words(error), 500)) from error
    finally:
        await client.close()


def _refused(why: str) -> RefusedError:
    return RefusedError(ErrorCode.BAD_DESTINATION, f"url: its receiver gave no leave: {why}")
