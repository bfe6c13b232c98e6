"""Three NATS servers with JetStream that are one cluster, on loopback ports that stay theirs."""

import asyncio
import secrets
from pathlib import Path
from random import Random
from typing import Final

import nats
import nats.errors
from nats.aio.client import Client
from nats.js.errors import Error as JetStreamError

from tests.faults.gateway_process import free_port
from tests.nats_server import NatsServer
from tests.patience import PATIENCE_S

COUNT: Final = 3
_LOOK_S: Final = 0.1


class NatsCluster:
    """They tell their clients of no other addresses: who is to go through a proxy does."""

    def __init__(self, folder: Path, dice: Random) -> None:
        routes = [free_port(dice) for _ in range(COUNT)]
        all_routes = ", ".join(f'"nats://127.0.0.1:{port}"' for port in routes)
        self.user, self.password = "trunkline", secrets.token_hex(16)
        self.servers = [
            NatsServer(
                folder / f"nats{number}",
                users=f'user: "{self.user}", password: "{self.password}"',
                more=f'server_name: "n{number}"\n'
                f'cluster {{ name: "tests", listen: "127.0.0.1:{port}", no_advertise: true,'
                f" routes: [{all_routes}] }}",
            )
            for number, port in enumerate(routes)
        ]

    @property
    def ports(self) -> list[int]:
        """Where clients reach them, once they have been started."""
        return [int(one.address.rpartition(":")[2]) for one in self.servers]

    async def start(self) -> None:
        """All of them; returns once streams can be made."""
        for one in self.servers:
            await asyncio.to_thread(one.start)
        client = await self.connect()
        try:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    try:
                        await client.jetstream().add_stream(name="tried", num_replicas=COUNT)
                        await client.jetstream().delete_stream("tried")
                    except (nats.errors.Error, JetStreamError):
                        await asyncio.sleep(
                            _LOOK_S
                        )  # they have no leader yet, and tell nobody when they have
                    else:
                        return
        finally:
            await client.close()

    async def current(self) -> None:
        """Return once every stream has a leader, and all its replicas have what that one has."""
        client = await self.connect()
        try:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    if await _current(client):
                        return
                    await asyncio.sleep(_LOOK_S)
        finally:
            await client.close()

    async def connect(self) -> Client:
        """A client that goes through no proxy."""
        return await nats.connect(
            [f"nats://127.0.0.1:{port}" for port in self.ports],
            user=self.user,
            password=self.password,
            max_reconnect_attempts=-1,
            reconnect_time_wait=_LOOK_S,
            error_cb=_ignore,
        )

    def kill(self) -> None:
        """All of them."""
        for one in self.servers:
            one.freeze(on=False)
            one.kill()


async def _current(client: Client) -> bool:
    try:
        streams = await client.jetstream(timeout=1.0).streams_info()
    except (nats.errors.Error, JetStreamError):
        return False
    return all(
        one.cluster is not None
        and one.cluster.leader
        and all(replica.current for replica in one.cluster.replicas or ())
        for one in streams
    )


async def _ignore(_error: Exception) -> None:
    """A server that was ended is missed on purpose."""
