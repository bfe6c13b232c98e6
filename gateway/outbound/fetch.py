"""GETs of small documents at addresses that others name: within what may be sent to, in size and in time."""

from typing import Final

import aiohttp

from gateway.outbound.egress import Egress, Way
from gateway.outbound.lookups import LookUpError
from gateway.outbound.post import beginning
from schemas.errors import RefusedError
from schemas.results import ErrorCode

TOTAL_S: Final = 10.0
MOST_BYTES: Final = 256 * 1024
_OK: Final = 200


class FetchError(RefusedError):
    """There is no such document to be had. The text is for the operator."""

    def __init__(self, why: str) -> None:
        super().__init__(ErrorCode.LINK_DOWN, why)


class Fetching:
    """Through the same guard, authorities and proxies as webhooks without a connection of their own."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress

    async def get(self, address: str) -> bytes:
        """The document. Raises FetchError. It is asked for seldom, so no connection is kept."""
        egress = self._egress
        try:
            url = egress.check(address)
            profile = egress.profiles.get("")
            proxy = profile.proxy(url)
            way = Way(url) if proxy is None else (await egress.through(proxy, url))[0]
            async with (
                egress.session(
                    TOTAL_S, plain=url.scheme == "http", proxied=proxy is not None, context=profile.context()
                ) as http,
                http.get(
                    way.url,
                    headers={**way.headers, "accept": "application/json"},
                    allow_redirects=False,
                    server_hostname=way.server_hostname,
                    proxy=way.proxy,
                    proxy_headers=way.proxy_headers or None,
                ) as response,
            ):
                body = await beginning(response, MOST_BYTES + 1)
        except RefusedError as error:
            raise FetchError(f"{address}: {error.message}") from error
        except (aiohttp.ClientError, OSError, LookUpError, UnicodeError) as error:
            raise FetchError(f"{address}: {type(error).__name__}: {error}") from error
        if response.status != _OK or len(body) > MOST_BYTES:
            raise FetchError(f"{address}: status {response.status}, {len(body)} bytes")
        return body
