"""A refusal as a page, for whoever reads it in a browser. A program gets the problem itself (problems.py).

Which of the two is asked for, `Accept` says: a browser that goes to an address names `text/html`, and no
program of ours or of a library does unless it is told to.
"""

from base64 import b64encode
from hashlib import sha256
from html import escape
from http import HTTPStatus
from typing import Final

from aiohttp import hdrs, web

_PAGE: Final = "text/html"
_PROBLEMS: Final = ("application/problem+json", "application/json", "application/*")
_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1b1f24; --dim: #59636e; --page: #fff; --link: #0a58ca }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e3e7eb; --dim: #9aa5b1; --page: #14181c; --link: #79b0ff }
}
body {
  max-width: 40rem; margin: 15vh auto 0; padding: 0 1.5rem;
  color: var(--ink); background: var(--page); font: 16px/1.6 system-ui, sans-serif;
}
h1 { margin: 0; font-size: 1.6rem }
p { margin: .6rem 0; overflow-wrap: anywhere }
a { color: var(--link) }
.dim { color: var(--dim) }
"""
_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
_TITLES: Final = {
    HTTPStatus.NOT_FOUND: "There is no such page",
    HTTPStatus.UNAUTHORIZED: "A key is needed here",
    HTTPStatus.FORBIDDEN: "That is not allowed",
}
_HINTS: Final = {
    HTTPStatus.UNAUTHORIZED: "This address is for programs, which show a key. In the console you can sign in"
    " with one.",
}


def prefers_pages(request: web.BaseRequest) -> bool:
    """Whether whoever asks wants to read a page."""
    if request.method not in (hdrs.METH_GET, hdrs.METH_HEAD):
        return False
    weights = _weights(request.headers.get(hdrs.ACCEPT, ""))
    wanted = weights.get(_PAGE, 0.0)
    return wanted > 0 and wanted >= max((weights.get(one, 0.0) for one in _PROBLEMS), default=0.0)


def page(status: int, title: str, detail: str) -> web.Response:
    """A refusal to read. `title` and `detail` are those of the problem."""
    told = _TITLES.get(HTTPStatus(status), title.capitalize())
    hint = _HINTS.get(HTTPStatus(status), "")
    body = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<title>{escape(told)}</title><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><main><h1>{escape(told)}</h1>"
        f"<p>{escape(detail)}</p>{f'<p>{escape(hint)}</p>' if hint else ''}"
        '<p><a href="/console">The console</a> · <a href="/docs">The contract</a></p>'
        f'<p class="dim">{status}</p></main></body></html>'
    )
    response = web.Response(text=body, status=status, content_type=_PAGE, charset="utf-8")
    response.headers["Content-Security-Policy"] = _POLICY
    return response


def _weights(accept: str) -> dict[str, float]:
    """Each media type by its weight (RFC 9110, section 12.5.1)."""
    weights: dict[str, float] = {}
    for one in accept.lower().split(","):
        kind, *parameters = [part.strip() for part in one.split(";")]
        weight = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        try:
            weights[kind] = float(weight)
        except ValueError:
            weights[kind] = 0.0
    return weights
