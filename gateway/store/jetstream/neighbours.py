"""The other gateways on the same store: what one that follows hands on, and the one at work takes in."""

from collections.abc import Callable
from secrets import token_hex

from gateway.cluster.connection import Connection, Serving
from gateway.cluster.leases import Lease
from gateway.cluster.tunnel import Entrance, Exit
from gateway.store.jetstream.following import Follower, work_of


class Neighbours:
    """See gateway.store.base.Shared."""

    def __init__(self, connection: Connection, prefix: str, lease: Lease, follower: Follower) -> None:
        self.on_fenced: Callable[[], object] = lambda: None
        self._connection = connection
        self._prefix = prefix
        self._lease = lease
        self._follower = follower
        self._entrance = Entrance(connection, prefix, token_hex(8), lambda: follower.work)
        self._exit: Exit | None = None
        self._end: Serving | None = None
        lease.on_holder = lambda _held: self._entrance.cut()

    @property
    def behind(self) -> int:
        """How many events the gateway at work has told, and this one has not yet."""
        return self._follower.behind

    @property
    def cut_off(self) -> str:
        """Why none of them can be reached."""
        return self._connection.trouble

    async def hand_on(self, path: str, refusal: bytes) -> None:
        """Have a local socket lead to the gateway at work. Raises OSError, StoreError."""
        await self._entrance.listen(path, refusal)

    async def take_in(self, path: str) -> None:
        """We are at work: what others hand on comes out at a local socket. Raises StoreError."""
        await self._entrance.stop()
        self._exit = Exit(self._connection, self._prefix, path)
        work = work_of(self._prefix, self._lease.fence)
        self._end = await self._connection.serve(f"{work}.open", self._exit.open)

    async def stop(self) -> None:
        """Neither any more."""
        if self._end is not None:
            await self._end()
        await self._entrance.stop()
        if self._exit is not None:
            await self._exit.stop()
