"""What a page and we say to each other beside its dialect's frames: who it is, and how it may come again.

The first frame says who it is, since browsers cannot send headers with a WebSocket.
Browsers keep scripts, so a page's may be older or newer than we are. Each side names its version of what is
said beside the dialects' own frames, and the oldest that it can do with. Before version 2 nothing was named.
"""

from typing import Final, NamedTuple, Protocol

import msgspec
from aiohttp import web

from gateway.http.admission import admit
from gateway.http.sockets import ENDED, FORBIDDEN, OUTDATED, CloseError, close_code_of
from gateway.runtime.frames import check
from gateway.security.access import Gate, Principal
from gateway.security.shut_out import ShutOuts
from gateway.security.standing import Lease, Standing, TakenOverError
from gateway.security.throttle import TooManyWrongError
from gateway.security.tokens import EndedError
from schemas.ids import PlatformId

PROTOCOL: Final = 2  # ours: a page is handed a fresh token in time, and 4401, 4409 and 4426 close it
OLDEST: Final = 1  # of a page's script that we can do with
HELLO_METHOD: Final = "trunkline.hello"
TOKEN_METHOD: Final = "trunkline.token"  # noqa: S105  # a name


class Hello(msgspec.Struct, frozen=True):
    """Parameters of the first frame of a relay or facade."""

    token: str = ""  # a link token or an API key
    agent: str = ""  # whose page it is, where no token says so
    protocol: int = 1  # of the script
    oldest: int = 1  # of a gateway that the script can do with

    @property
    def renews(self) -> bool:
        """Whether the script knows what a fresh token is. An older one would show it to the page."""
        return self.protocol > 1


class _HelloFrame(msgspec.Struct, frozen=True):
    method: str
    id: int | str | None = None
    params: tuple[Hello, ...] = ()


class Greeting(NamedTuple):
    """A hello, and the id that it is answered to."""

    said: Hello
    request_id: int | str | None


class _Fresh(msgspec.Struct, frozen=True):
    token: str | None  # None: the one that it has
    keep: bool


_decode_hello = msgspec.json.Decoder(_HelloFrame).decode
_encode = msgspec.json.Encoder().encode


def read_hello(frame: bytes) -> Greeting | None:
    """The hello in a frame; None if the frame is something else."""
    try:
        check(frame)
        read = _decode_hello(frame)
    except msgspec.DecodeError:
        return None
    if read.method != HELLO_METHOD:
        return None
    return Greeting(read.params[0] if read.params else Hello(), read.id)


def outdated(said: Hello) -> CloseError | None:
    """Why the page's script and we cannot work together; None if we can."""
    if said.protocol < OLDEST:
        what = f"the page's script is too old for this gateway (version {said.protocol}, at least {OLDEST})"
        return CloseError(OUTDATED, f"{what}: reload the page")
    if said.oldest > PROTOCOL:
        what = f"this gateway is too old for the page's script (version {PROTOCOL}, at least {said.oldest})"
        return CloseError(OUTDATED, what)
    return None


def hello_answer(greeting: Greeting, agent: str) -> bytes:
    """What a hello is answered with."""
    result: dict[str, str | int] = {"agent": agent}
    if greeting.said.renews:
        result |= {"protocol": PROTOCOL, "oldest": OLDEST}
    return _encode({"jsonrpc": "2.0", "id": greeting.request_id, "result": result})


def token_frame(token: str | None, *, keep: bool) -> bytes:
    """Hands a page a fresh token to come back with, or None, and says whether to keep it over a reload."""
    return _encode({"jsonrpc": "2.0", "method": TOKEN_METHOD, "params": [_Fresh(token, keep)]})


class Peer(Protocol):
    """A connection, as far as its credential concerns it."""

    def send(self, payload: bytes) -> object:
        """One frame."""
        ...

    def end(self, code: int, reason: str) -> None:
        """Begin to end it."""
        ...


class PageAdmission:
    """Lets pages and clients in, hands them fresh tokens, and ends them when their credential is over."""

    def __init__(self, gate: Gate, shut_out: ShutOuts) -> None:
        self.gate = gate
        self.shut_out = shut_out

    def admit(self, request: web.Request, said: Hello, platform_id: PlatformId) -> Principal:
        """Who it is. Raises RefusedError; who was let in once, and is no more, is noted."""
        try:
            principal = admit(self.gate, request, said.token)
        except EndedError as why:
            self.shut_out.over(platform_id, why)
            if not said.renews:  # older scripts know one code alone
                raise
            raise CloseError(close_code_of(why), why.message) from why
        except TooManyWrongError as why:  # the page is to come with another all the same
            raise CloseError(ENDED if said.renews else FORBIDDEN, why.message) from why
        apart = outdated(said)
        if apart is None:
            return principal
        if principal.agent_id is not None and principal.role is not None:
            self.shut_out.add(platform_id, principal.agent_id, principal.role, apart.message)
        raise apart

    def lease(self, principal: Principal, peer: Peer, platform_id: PlatformId, *, renews: bool) -> Lease:
        """What a connection that was let in has of its credential. `renews`: it takes fresh tokens."""

        def over(why: EndedError) -> None:
            if not isinstance(why, TakenOverError):
                self.shut_out.over(platform_id, why)
            peer.end(close_code_of(why), why.message)

        def renew(standing: Standing) -> bool:
            fresh = self.gate.renew(standing)
            if fresh is not None:
                peer.send(token_frame(fresh, keep=standing.kept))
            return fresh is not None

        if principal.agent_id is not None and principal.role is not None:
            self.shut_out.remove(platform_id, principal.agent_id, principal.role)
        return Lease(principal.standing, over, renew if renews else None)
