"""Every file that is made, with its text."""

from pathlib import Path

from clients.generator import python, reading, typescript

CLIENTS = Path(__file__).parents[1]
MODEL = CLIENTS / "python" / "trunkline_client" / "model"
DECLARATIONS = CLIENTS / "javascript" / "src" / "model.d.ts"


def files() -> dict[Path, str]:
    """By path. Raises LookupError for what the generator cannot place."""
    reading.check()
    made = {MODEL / name: text for name, text in python.modules()}
    return {**made, DECLARATIONS: typescript.declarations()}
