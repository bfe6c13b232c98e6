"""A web address as somebody wrote it: taken apart strictly, and sent on exactly as it was given.

Keys in a query are signed over their spelling, so path and query are never spelt anew; what may not stand in
a request (blanks, control characters, letters beyond ASCII) is percent-encoded, and nothing else. The host is
an address in its one plain form or a name of the Domain Name System: what other programs take for an address
(`0x7f.1`, `127.1`, `2130706433`) is refused, rather than to guess who will read it how. Of the operator's own
addresses (platforms, the identity provider) the host may be in any form; the rest is sent on as exactly.
"""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final
from urllib.parse import quote

from yarl import URL

from gateway.outbound.special import Address

MAX_URL: Final = 2_000
_MAX_NAME: Final = 253
_PORTS: Final = range(1, 65_536)
_FORM: Final = re.compile(
    r"(?P<scheme>https?)://(?P<authority>[^/?#]*)(?P<rest>[^#]*)(?P<fragment>#.*)?", re.IGNORECASE | re.DOTALL
)
_OWN: Final = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<authority>[^/?#]+)(?P<rest>[^#]*)(?:#.*)?",
    re.IGNORECASE | re.DOTALL,
)
_AUTHORITY: Final = re.compile(r"(?P<host>\[[^\[\]]*\]|[^\[\]:]*)(?::(?P<port>[0-9]*))?")
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")  # as a last label: some program's address
_NOT_SENT: Final = re.compile(r"[^!-~]+")


def exact(text: str) -> URL:
    """An http(s) address. Raises ValueError that says what is wrong with it, never what stands in it."""
    form = _FORM.fullmatch(text)
    if form is None or len(text) > MAX_URL or not form["authority"]:
        raise ValueError("must be an http(s) address")
    if "@" in form["authority"] or form["fragment"] is not None:
        raise ValueError("must not hold credentials or a fragment")
    parts = _AUTHORITY.fullmatch(form["authority"])
    if parts is None:
        raise ValueError("is not an address")
    port = f":{_port(parts['port'])}" if parts["port"] else ""
    return URL(f"{form['scheme'].lower()}://{_host(parts['host'])}{port}{_rest(form['rest'])}", encoded=True)


def own(text: str) -> URL:
    """An address of the operator's own, of any scheme; a fragment is not sent. Raises ValueError."""
    form = _OWN.fullmatch(text)
    if form is None:
        raise ValueError("is not an address")
    begin = URL(f"{form['scheme'].lower()}://{form['authority']}")
    return URL(f"{begin.scheme}://{begin.raw_authority}{_rest(form['rest'])}", encoded=True)


def below(url: URL, path: str) -> URL:
    """What lies below an address, in a path of plain letters; its query stays."""
    begin = f"{url.scheme}://{url.raw_authority}{url.raw_path.rstrip('/')}/{path}"
    return URL(f"{begin}?{url.raw_query_string}" if url.raw_query_string else begin, encoded=True)


def with_query(url: URL, added: Mapping[str, str]) -> URL:
    """The address with these parameters behind those that it has."""
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in added.items())
    text = str(url)
    join = "" if text.endswith(("?", "&")) else "&" if "?" in text else "?"
    return URL(f"{text}{join}{query}", encoded=True)


def _rest(text: str) -> str:
    """Path and query, with what may not stand in a request percent-encoded."""
    rest = _NOT_SENT.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), text)
    return rest if rest.startswith("/") else f"/{rest}"


def literal(host: str) -> Address | None:
    """The address that a host is; None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def name_of(host: str) -> str:
    """A name in the form in which it is asked for, to be had from any spelling. Raises ValueError."""
    try:
        name = URL.build(scheme="http", host=host).raw_host or ""
    except ValueError as error:
        raise ValueError("has a host that is no name") from error
    labels = name.removesuffix(".").split(".")
    if len(name) > _MAX_NAME or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("has a host that is no name")
    if _NUMBER.fullmatch(labels[-1]):
        raise ValueError("has a host that is neither a name nor an address in its plain form")
    return name


def _host(text: str) -> str:
    if not text.startswith("["):
        return text if literal(text) is not None else name_of(text)
    found = literal(text[1:-1])
    if found is None or found.version != 6 or "%" in text:  # noqa: PLR2004  # the versions that there are
        raise ValueError("has a host that is no address")
    return f"[{found.compressed}]"


def _port(text: str) -> int:
    if int(text) not in _PORTS:
        raise ValueError("has a port that there is not")
    return int(text)
