"""`python -m tests.fuzz`: what nobody should send, sent to one gateway. Exit status 1 if that hurt."""

import argparse
import asyncio
import secrets
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.fuzz.assault import assault

TIMES: Final = 250_000


def main() -> int:
    """Run it, and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Mutated frames and bodies.")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    parser.add_argument("--times", type=int, default=TIMES)
    asked = parser.parse_args()
    sys.stdout.write(f"seed {asked.seed}\n")
    with tempfile.TemporaryDirectory(prefix="trunkline-fuzz-") as folder:
        found = asyncio.run(assault(Path(folder), asked.seed, asked.times))
    sys.stdout.write(f"{found.said()}\n")
    for one in found.wrong[:20]:
        sys.stdout.write(f"{one}\n")
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
