"""The contract: every operation there is, and the documents made of them, which are public."""

from base64 import b64encode
from collections.abc import Callable, Sequence
from functools import cached_property
from hashlib import sha256

import msgspec
from aiohttp import web

from gateway.api import asyncapi, docs, examples, openapi
from gateway.api.manual import Manual
from gateway.http.folders import Folder
from gateway.http.operations import Operation, unguarded
from schemas.results import ErrorCode

_encode = msgspec.json.Encoder().encode


class Contract:
    """The whole table: what it is given, and the three addresses that describe it."""

    def __init__(
        self,
        operations: Sequence[Operation],
        public_url: str | None = None,
        open_mode: Callable[[], bool] = lambda: False,
    ) -> None:
        """`public_url`: where others reach us, if configured. `open_mode`: whether no key is needed."""
        self._public_url = public_url
        self._open_mode = open_mode
        self._scripts = Folder(examples.SCRIPTS, "default-src 'none'")
        self._documents: dict[bool, dict[str, object]] = {}
        self.operations = (*operations, *self._own(), *Manual().operations())

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
            Operation(
                *("Contract", "docs_script", "GET /docs/{file}", unguarded(self._docs_script), None),
                {200: str, 304: None},
                media="text/javascript",
                any_query=True,
                problems=(ErrorCode.UNKNOWN_OBJECT,),
                text="What that page adds by a script: a search, and forms to try things with.",
            ),
        )

    @property
    def openapi(self) -> dict[str, object]:
        """The OpenAPI document, as it is now."""
        keyed = not self._open_mode()
        if keyed not in self._documents:
            self._documents[keyed] = openapi.document(self.operations, self._public_url, keyed=keyed)
        return self._documents[keyed]

    @cached_property
    def asyncapi(self) -> dict[str, object]:
        """The AsyncAPI document."""
        return asyncapi.document()

    @cached_property
    def page(self) -> bytes:
        """The page."""
        return docs.page(self.operations).encode()

    async def _openapi(self, _request: web.Request) -> web.Response:
        return _document(_encode(self.openapi), "application/json")

    async def _asyncapi(self, _request: web.Request) -> web.Response:
        return _document(_encode(self.asyncapi), "application/json")

    async def _docs_script(self, request: web.Request) -> web.Response:
        return self._scripts.answer(request, request.match_info["file"])

    async def _docs(self, _request: web.Request) -> web.Response:
        response = _document(self.page, "text/html")
        response.charset = "utf-8"
        style = b64encode(sha256(docs.STYLE.encode()).digest()).decode()
        response.headers["Content-Security-Policy"] = (
            f"default-src 'none'; style-src 'sha256-{style}'; script-src 'self'; connect-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        return response


def _document(body: bytes, content_type: str) -> web.Response:
    return web.Response(body=body, content_type=content_type)
