"""The contract: every operation there is, and the documents made of them, which are public."""

from base64 import b64encode
from collections.abc import Sequence
from functools import cached_property
from hashlib import sha256

import msgspec
from aiohttp import web

from gateway.api import asyncapi, docs, openapi
from gateway.http.operations import Operation, unguarded

_encode = msgspec.json.Encoder().encode


class Contract:
    """The whole table: what it is given, and the three addresses that describe it."""

    def __init__(self, operations: Sequence[Operation], public_url: str | None = None) -> None:
        """`public_url`: where others reach us, if that is configured."""
        self._public_url = public_url
        self.operations = (*operations, *self._own())

    def _own(self) -> tuple[Operation, ...]:
        document = {200: dict}
        return (
            Operation(
                *("Contract", "openapi", "GET /openapi.json", unguarded(self._openapi), None, document),
                text="What is served over HTTP, as OpenAPI 3.1.",
            ),
            Operation(
                *("Contract", "asyncapi", "GET /asyncapi.json", unguarded(self._asyncapi), None, document),
                text="What is told as it happens, as AsyncAPI 3.0: the stream, server-sent events, webhooks.",
            ),
            Operation(
                *("Contract", "docs", "GET /docs", unguarded(self._docs), None, {200: str}),
                media="text/html",
                text="Both, for people.",
            ),
        )

    @cached_property
    def openapi(self) -> dict[str, object]:
        """The OpenAPI document."""
        return openapi.document(self.operations, self._public_url)

    @cached_property
    def asyncapi(self) -> dict[str, object]:
        """The AsyncAPI document."""
        return asyncapi.document()

    @cached_property
    def page(self) -> bytes:
        """The page, without a script."""
        return docs.page(self.operations).encode()

    async def _openapi(self, _request: web.Request) -> web.Response:
        return _document(_encode(self.openapi), "application/json")

    async def _asyncapi(self, _request: web.Request) -> web.Response:
        return _document(_encode(self.asyncapi), "application/json")

    async def _docs(self, _request: web.Request) -> web.Response:
        response = _document(self.page, "text/html")
        response.charset = "utf-8"
        style = b64encode(sha256(docs.STYLE.encode()).digest()).decode()
        response.headers["Content-Security-Policy"] = (
            f"default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'"
        )
        return response


def _document(body: bytes, content_type: str) -> web.Response:
    return web.Response(body=body, content_type=content_type)
