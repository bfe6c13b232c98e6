"""Names and their addresses, looked up with deadlines: a silent name server is nobody else's delay.

The system's settings hold: its name servers and search list, its file of hosts, and `localhost` names. Each
name has one look-up under way at a time, with sockets of its own; those who ask join it, and when nobody
waits any more it is over. No look-up takes a thread of the event loop's pool. Answers are kept for the time
that they give, five minutes at most; a failure is not kept.
"""

import asyncio
import socket
from collections import OrderedDict
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from time import monotonic
from typing import Final, NamedTuple

import aiodns
import pycares
from aiohttp.abc import AbstractResolver, ResolveResult

from gateway.outbound.special import Address
from gateway.telemetry.metrics import LookUpOutcome

WITHIN_S: Final = 5.0  # one look-up, with all that is tried for it
UNDER_WAY: Final = 256  # names being looked up
KEPT: Final = 1_000  # answers
LONGEST_KEPT_S: Final = 300.0
_TRY_S: Final = 1.0  # until a name server is asked again, or the next one; doubling
_TRIES: Final = 3

Addresses = tuple[Address, ...]


class LookUpError(OSError):
    """A name that leads nowhere. `silent`: nobody said so, there was no answer."""

    def __init__(self, why: str, *, silent: bool = False) -> None:
        super().__init__(None, why)
        self.why = why
        self.silent = silent

    def __str__(self) -> str:
        return self.why


class _Kept(NamedTuple):
    addresses: Addresses
    until_s: float


class _UnderWay:
    """A look-up, and how many wait for it."""

    def __init__(self, task: "asyncio.Task[Addresses]") -> None:
        self.task = task
        self.waiting = 0


class Lookups:
    """All look-ups of this process."""

    def __init__(
        self,
        name_servers: Sequence[str] = (),
        steady_s: Callable[[], float] = monotonic,
        *,
        looked_up: Callable[[LookUpOutcome, float], None] = lambda _outcome, _took_s: None,
    ) -> None:
        """`name_servers`: instead of the system's, each `address` or `address:port`.

        `looked_up` is told how each look-up ended, and how long it took.
        """
        self._looked_up = looked_up
        self._name_servers = tuple(name_servers)
        self._steady_s = steady_s
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._under_way: dict[str, _UnderWay] = {}
        self._tasks: set[asyncio.Task[Addresses]] = set()  # those too that nobody waits for, until they end

    async def find(self, name: str, within_s: float = WITHIN_S) -> Addresses:
        """The addresses of a name, one at least, as the name server orders them. Raises LookUpError."""
        name = _asked_for(name)
        kept = self._kept.get(name)
        if kept is not None and self._steady_s() < kept.until_s:
            return kept.addresses
        one = self._under_way.get(name)
        if one is None:
            if len(self._under_way) >= UNDER_WAY:
                raise LookUpError("too many names are being looked up", silent=True)
            task = asyncio.create_task(self._ask(name), name=f"look-up of {name}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            one = self._under_way[name] = _UnderWay(task)
        one.waiting += 1
        try:
            async with asyncio.timeout(within_s):
                return await asyncio.shield(one.task)
        except TimeoutError:
            raise _silent() from None
        finally:
            one.waiting -= 1
            if not one.waiting and self._under_way.get(name) is one:
                del self._under_way[name]
                one.task.cancel()

    async def close(self) -> None:
        """End what is under way; whoever waits for it is told that there was no answer."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self, name: str) -> Addresses:
        begun_s, outcome = self._steady_s(), LookUpOutcome.SILENT
        try:
            addresses = await self._answer(name)
            outcome = LookUpOutcome.FOUND
        except LookUpError as error:
            if not error.silent:
                outcome = LookUpOutcome.UNKNOWN
            raise
        else:
            return addresses
        finally:
            self._looked_up(outcome, self._steady_s() - begun_s)

    async def _answer(self, name: str) -> Addresses:
        try:
            async with (
                asyncio.timeout(WITHIN_S),
                aiodns.DNSResolver(self._name_servers or None, timeout=_TRY_S, tries=_TRIES) as resolver,
            ):
                found = await resolver.getaddrinfo(name, socket.AF_UNSPEC, type=socket.SOCK_STREAM)
        except TimeoutError:
            raise _silent() from None
        except aiodns.error.DNSError as error:
            raise _failed(error.args[0] if error.args else None) from error
        except pycares.AresError as error:
            raise LookUpError("the system has no place for a look-up", silent=True) from error
        addresses = tuple(dict.fromkeys(ip_address(node.addr[0].decode()) for node in found.nodes))
        if not addresses:
            raise LookUpError("the name has no address")
        self._keep(name, addresses, min(node.ttl for node in found.nodes))
        return addresses

    def _keep(self, name: str, addresses: Addresses, ttl_s: float) -> None:
        if ttl_s <= 0:  # of the file of hosts, or not to be kept
            self._kept.pop(name, None)
            return
        self._kept[name] = _Kept(addresses, self._steady_s() + min(ttl_s, LONGEST_KEPT_S))
        self._kept.move_to_end(name)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)


def _asked_for(name: str) -> str:
    """The name as it is asked for. `localhost.` with its root stands in no file of hosts."""
    name = name.lower()
    rooted = name.removesuffix(".")
    return rooted if rooted == "localhost" or rooted.endswith(".localhost") else name


def _silent() -> LookUpError:
    return LookUpError("no name server answered in time", silent=True)


def _failed(number: int | None) -> LookUpError:
    match number:
        case aiodns.error.ARES_ENOTFOUND | aiodns.error.ARES_ENODATA | aiodns.error.ARES_EBADNAME:
            return LookUpError("the name is not known")
        case aiodns.error.ARES_ETIMEOUT | aiodns.error.ARES_ECANCELLED:
            return _silent()
        case _:
            return LookUpError("the name server could not say", silent=True)


class Resolver(AbstractResolver):
    """The look-ups in the form that aiohttp takes. `judge` raises OSError for an address that may not be."""

    def __init__(self, lookups: Lookups, judge: Callable[[str, Address], None] | None = None) -> None:
        self._lookups = lookups
        self._judge = judge

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Every address that the name has now; all of them are judged, whichever is taken."""
        found = await self._lookups.find(host)
        if self._judge is not None:
            for address in found:
                self._judge(host, address)
        families = {4: socket.AF_INET, 6: socket.AF_INET6}
        results = [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=families[address.version],
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in found
            if family in (socket.AF_UNSPEC, families[address.version])
        ]
        if not results:
            raise LookUpError("the name has no address of that kind")
        return results

    async def close(self) -> None:
        """Nothing to do: the look-ups are shared, and over when nobody waits."""
