"""A disk that gets full: a small file system where we may mount one, else a limit on the size of files."""

import asyncio
import resource
import shutil
from pathlib import Path
from typing import Final

SIZE_MB: Final = 48
_STEP: Final = 1 << 16
_ROOM_BYTES: Final = 1 << 16  # what a limited file may still grow


async def _ran(*command: str) -> bool:
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
    except FileNotFoundError:
        return False
    return await process.wait() == 0


class Disk:
    """Where the store is. `fill` it, and make `room` again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._mounted = False
        self._limited = 0  # the process whose files are limited

    async def attach(self) -> None:
        """Mount it, if we may."""
        self.folder.mkdir()
        options = f"size={SIZE_MB}m"
        self._mounted = await _ran("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.folder))

    async def detach(self) -> None:
        """Take it away; what is on it stays beside it."""
        if self._mounted:
            shutil.copytree(self.folder, self.folder.with_name("kept"))
            await _ran("umount", str(self.folder))

    def fill(self, pid: int) -> None:
        """From now on that process can write nothing more."""
        if not self._mounted:
            largest = max(one.stat().st_size for one in self.folder.iterdir())
            self._limited = pid
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (largest + _ROOM_BYTES, resource.RLIM_INFINITY))
            return
        with (self.folder / "filler").open("wb", buffering=0) as filler:
            try:
                while filler.write(bytes(_STEP)):
                    pass
            except OSError:
                return  # full

    def room(self) -> None:
        """As much as before."""
        if self._mounted:
            (self.folder / "filler").unlink()
        elif self._limited:
            unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            resource.prlimit(self._limited, resource.RLIMIT_FSIZE, unlimited)
