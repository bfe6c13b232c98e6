"""The NATS server of one machine's gateways: on its loopback, for nobody else, its folder beside the store.

Each start has a new password. What it stores it writes to the disk at once, as the embedded store does. The
folder is locked as long as the server lives, also where it outlives us for a moment.
"""

import fcntl
import json
import os
import secrets
import shutil
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from gateway.cluster.config import BusConfig
from gateway.runtime.clock import Clock
from gateway.workers.process import Kept
from schemas.errors import ConfigError, StoreError

_HERE: Final = "127.0.0.1"
_STARTED_S: Final = 30.0
_LOOK_S: Final = 0.02
_STOP_S: Final = 10.0
_PROGRAM: Final = "nats-server"
_USER: Final = "trunkline"
_LOG_BYTES: Final = 10 * 1024 * 1024


def folder_of(store: str) -> Path:
    """Where its streams are."""
    return Path(f"{store}.nats")


class EmbeddedServer:
    """Not yet started."""

    def __init__(self, store: str, clock: Clock) -> None:
        self._folder = folder_of(store)
        self._clock = clock
        self._program = _program()
        self._password = secrets.token_hex(32)
        self._port = -1  # any; kept over restarts
        self.process = Kept("NATS", self._command, dict, clock)

    @property
    def bus(self) -> BusConfig:
        """How it is reached."""
        return BusConfig.model_validate(
            {"servers": [f"nats://{_HERE}:{self._port}"], "user": _USER, "password": self._password}
        )

    async def start(self) -> None:
        """Return once it takes connections. Raises StoreError."""
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            self.process.descriptors.append(await self._locked())
            for old in self._folder.glob("*.ports"):
                old.unlink()
            await self.process.start()
        except OSError as error:
            raise StoreError(f"NATS: cannot be started: {error}") from error
        end_s = self._clock.monotonic() + _STARTED_S
        while (port := self._listening()) is None:
            if not self.process.running or self._clock.monotonic() > end_s:
                await self.process.stop(0.0)
                raise StoreError(f"NATS: has not started; {self._folder}/nats.log says why")
            await self._clock.sleep(_LOOK_S)  # it tells nobody else that it is ready
        self._port = port

    async def _locked(self) -> int:
        """The lock's descriptor. A former server may still be ending. Raises StoreError."""
        descriptor = os.open(self._folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        end_s = self._clock.monotonic() + _STOP_S
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if self._clock.monotonic() > end_s:
                    os.close(descriptor)
                    raise StoreError(f"NATS: {self._folder} is in use; stop the gateway first") from error
                await self._clock.sleep(_LOOK_S)
            else:
                return descriptor

    def _listening(self) -> int | None:
        for file in self._folder.glob("*.ports"):
            if said := file.read_text("utf-8"):
                return int(json.loads(said)["nats"][0].rpartition(":")[2])
        return None

    def _command(self) -> Sequence[str]:
        folder = json.dumps(str(self._folder))[1:-1]
        text = (
            f'listen: "{_HERE}:{self._port}"\n'
            f'ports_file_dir: "{folder}"\n'
            f'log_file: "{folder}/nats.log"\nlogfile_size_limit: {_LOG_BYTES}\nlogfile_max_num: 3\n'
            f'jetstream {{ store_dir: "{folder}/streams", sync_interval: always }}\n'
            f'authorization {{ user: "{_USER}", password: "{self._password}" }}\n'
        )
        config = self._folder / "nats.conf"
        config.touch(0o600)
        config.write_text(text, "utf-8")
        return (self._program, "--config", str(config))

    async def stop(self) -> None:
        """End it."""
        await self.process.stop(_STOP_S)
        while self.process.descriptors:
            os.close(self.process.descriptors.pop())


def _program() -> str:
    """Where it is. Raises ConfigError."""
    installed = Path(sysconfig.get_path("scripts")) / _PROGRAM
    found = str(installed) if installed.is_file() else shutil.which(_PROGRAM)
    if found is None:
        raise ConfigError("--workers: there is no nats-server: install trunkline[workers]")
    return found
