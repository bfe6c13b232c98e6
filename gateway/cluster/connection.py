"""One connection with NATS, kept up by its client, and the questions that JetStream answers over it.

Whatever goes wrong with it is a StoreError: what was asked may or may not have been done.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

import msgspec
import nats
import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from pydantic import SecretStr

from gateway.cluster.config import BusConfig
from schemas.errors import StoreError

log = structlog.get_logger("trunkline.bus")
T = TypeVar("T")

Headers = Mapping[str, str]
Hearing = Callable[[str, bytes], Awaitable[bytes | None]]  # a subject and what was sent; None: no answer
Serving = Callable[[], Awaitable[None]]
_CONNECT_S: Final = 5
_GREETING_S: Final = 2  # for one server to greet us; one that was frozen takes connections, and says nothing
_PING_S: Final = 1  # a server that leaves two of them unanswered is left for another one
_RETRY_S: Final = 1
_PENDING_BYTES: Final = 16 * 1024 * 1024  # what is written and not yet sent
_NEEDED: Final = (2, 12)  # of its servers: batches that are stored whole or not at all
_encode: Final = msgspec.json.Encoder().encode


class ApiError(msgspec.Struct, frozen=True):
    """What JetStream says is wrong."""

    code: int
    err_code: int = 0
    description: str = ""


class _Failure(msgspec.Struct, frozen=True):
    error: ApiError | None = None


_failure: Final = msgspec.json.Decoder(_Failure).decode


class AnsweredError(StoreError):
    """JetStream refused; `error` says why."""

    def __init__(self, about: str, error: ApiError) -> None:
        super().__init__(f"NATS: {about}: {error.description} ({error.err_code or error.code})")
        self.error = error


class NobodyError(StoreError):
    """Nobody has heard what was asked, so nothing was done."""


class Connection:
    """Not yet connected."""

    def __init__(self, config: BusConfig) -> None:
        self._config = config
        self._client = Client()
        self._told = ""  # by its client, of what went wrong last
        self.trouble = ""  # why nothing can be asked now; empty: nothing is wrong

    @property
    def max_bytes(self) -> int:
        """What one message may have."""
        return self._client.max_payload

    async def open(self) -> None:
        """Connect. Raises StoreError, also for a server that is too old."""
        try:
            async with asyncio.timeout(_CONNECT_S + _RETRY_S):
                await self._connect()
        except (nats.errors.Error, OSError, TimeoutError, ValueError) as error:
            await self.close()
            raise StoreError(f"NATS: cannot be reached: {self._told or _named(error)}") from error
        self._client.options["max_reconnect_attempts"] = -1
        version = self._client.connected_server_version
        if (version.major, version.minor) < _NEEDED:
            await self.close()
            raise StoreError(f"NATS: {version} is too old: 2.12 or newer is needed")

    async def _connect(self) -> None:
        config = self._config
        await self._client.connect(
            servers=config.servers,
            name=f"trunkline {config.prefix}",
            error_cb=self._went_wrong,
            disconnected_cb=self._disconnected,
            reconnected_cb=self._reconnected,
            connect_timeout=_GREETING_S,
            ping_interval=_PING_S,
            max_outstanding_pings=2,
            reconnect_time_wait=_RETRY_S,
            max_reconnect_attempts=1,  # while starting: whoever starts us sees what is wrong
            pending_size=_PENDING_BYTES,
            tls=self._tls(),
            user=config.user or None,
            password=_shown(config.password),
            token=_shown(config.token),
            nkeys_seed=_path(config.nkey_file),
            user_credentials=_path(config.credentials_file),
        )

    def _tls(self) -> ssl.SSLContext | None:
        config = self._config
        if config.tls_ca is None and config.tls_cert is None:
            return None
        try:
            context = ssl.create_default_context(cafile=_path(config.tls_ca))
            if config.tls_cert is not None and config.tls_key is not None:
                context.load_cert_chain(config.tls_cert, config.tls_key)
        except OSError as error:
            raise StoreError(f"bus: its TLS files cannot be read: {error}") from error
        return context

    async def close(self) -> None:
        """Let go. Closing twice does nothing."""
        if not self._client.is_closed:
            await self._client.close()

    async def _went_wrong(self, error: Exception) -> None:
        self._told = _named(error)
        log.warning("bus", error=f"{type(error).__name__}: {error}")

    async def _disconnected(self) -> None:
        self.trouble = "NATS: not connected"

    async def _reconnected(self) -> None:
        self.trouble = ""

    # --- asking

    async def request(self, subject: str, body: bytes, headers: Headers | None = None) -> bytes:
        """What a subject answers. Raises StoreError; NobodyError if certainly nobody has heard it."""
        try:
            self._ready()
            answer = await self._client.request(
                subject, body, timeout=self._config.answer_s, headers=dict(headers) if headers else None
            )
        except (nats.errors.Error, OSError) as error:
            raise _unanswered(error) from error
        return answer.data

    async def publish(self, subject: str, body: bytes, headers: Headers | None = None) -> None:
        """Send, and hear nothing of it. Raises StoreError."""
        try:
            self._ready()
            await self._client.publish(subject, body, headers=dict(headers) if headers else None)
        except (nats.errors.Error, OSError) as error:
            raise _unanswered(error) from error

    async def serve(self, subject: str, hear: Hearing) -> Serving:
        """Have `hear` get what others send to a subject, in order; what it returns they are answered.

        Returns how to end that. Raises StoreError.
        """

        async def heard(message: Msg) -> None:
            answer = await hear(message.subject, message.data)
            if answer is not None and message.reply:
                with suppress(nats.errors.Error):  # then whoever asked hears nothing, and knows by that
                    await message.respond(answer)

        try:
            self._ready()
            subscription = await self._client.subscribe(subject, cb=heard)
        except (nats.errors.Error, OSError) as error:
            raise _unanswered(error) from error

        async def end() -> None:
            with suppress(nats.errors.Error):
                await subscription.unsubscribe()

        return end

    async def api(self, call: str, question: object, answer: type[T]) -> T:
        """A call of JetStream's API. Raises AnsweredError, StoreError."""
        return read(call, await self.request(f"$JS.API.{call}", _encode(question)), answer)

    async def subscribe(self) -> "Inbox":
        """Somewhere to answer to, more than once."""
        try:
            self._ready()
            subject = self._client.new_inbox()
            return Inbox(subject, await self._client.subscribe(subject), self._config.answer_s)
        except (nats.errors.Error, OSError) as error:
            raise _unanswered(error) from error

    async def ask(self, subject: str, question: object, inbox: "Inbox") -> None:
        """Ask what is answered more than once. Raises StoreError."""
        try:
            await self._client.publish(subject, _encode(question), reply=inbox.subject)
        except (nats.errors.Error, OSError) as error:
            raise _unanswered(error) from error

    def _ready(self) -> None:
        """What would only be kept until there is a connection is better not taken."""
        if not self._client.is_connected:
            raise NobodyError("NATS: not connected")


class Inbox:
    """Answers, one by one."""

    def __init__(self, subject: str, subscription: Subscription, answer_s: float) -> None:
        self.subject = subject
        self._subscription = subscription
        self._answer_s = answer_s

    async def next(self) -> Msg:
        """The next one. Raises StoreError."""
        try:
            return await self._subscription.next_msg(self._answer_s)
        except (nats.errors.Error, OSError) as error:
            raise _unanswered(error) from error

    async def close(self) -> None:
        """No more of them."""
        try:
            await self._subscription.unsubscribe()
        except nats.errors.Error:
            return  # the connection is gone, and it with that


def read(about: str, said: bytes, answer: type[T]) -> T:
    """An answer of JetStream's API. Raises AnsweredError, StoreError."""
    try:
        if (error := _failure(said).error) is not None:
            raise AnsweredError(about, error)
        return msgspec.json.decode(said, type=answer)
    except msgspec.DecodeError as error:
        raise StoreError(f"NATS: {about}: an answer that is none: {error}") from error


def _unanswered(error: Exception) -> StoreError:
    if isinstance(error, nats.errors.NoRespondersError):
        return NobodyError("NATS: JetStream does not answer: it has no leader now, or is not enabled")
    if isinstance(error, TimeoutError):
        return StoreError("NATS: no answer in time")
    return StoreError(f"NATS: {_named(error)}")


def _named(error: Exception) -> str:
    return str(error) or type(error).__name__


def _shown(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()


def _path(path: Path | None) -> str | None:
    return None if path is None else str(path)
