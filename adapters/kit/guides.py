"""What the manual says of connecting a dialect: Markdown in its folder, put into the generated pages."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

_FILES: Final[Mapping[str, str]] = {"south": "connect.md", "north": "clients.md"}


def beside(binding: str) -> Mapping[str, Path]:
    """Those beside a dialect's binding, by role. `binding`: its `__file__`."""
    folder = Path(binding).parent
    return {role: folder / name for role, name in _FILES.items() if (folder / name).is_file()}
