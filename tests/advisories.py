"""Whether a lock names a version with a known weakness: pip-audit, and what can be said without a network.

`python -m tests.advisories FILE`. The advisories are fetched. Where that cannot be done it says so, and ends
well if all is pinned by hash: then at least nothing else is installed than what was looked at before.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

_TOGETHER_S: Final = 120.0
_PINNED: Final = re.compile(r"^[A-Za-z0-9][\w.\-]*(\[[\w,\-]*\])?==[^\s;]+")
_UNREACHABLE: Final = re.compile(
    r"connection|name resolution|timed? ?out|unreachable|refused|max retries|service error|temporary failure",
    re.IGNORECASE,
)


def unpinned(lock: str) -> list[str]:
    """The requirements without an exact version or without a hash."""
    found = []
    for block in re.split(r"\n(?=\S)", lock):
        line = block.strip()
        if line and not line.startswith("#") and not (_PINNED.match(line) and "--hash=sha256:" in line):
            found.append(line.splitlines()[0])
    return found


def weaknesses(told: str) -> list[str]:
    """What pip-audit's JSON says, a line each."""
    return [
        f"{one['name']} {one['version']}: {vuln['id']}, mended in {', '.join(vuln['fix_versions']) or 'none'}"
        for one in json.loads(told)["dependencies"]
        for vuln in one.get("vulns", ())
    ]


def verdict(code: int, out: str, err: str) -> tuple[int, str]:
    """The exit code, and what to say, by how pip-audit ended."""
    if out.lstrip().startswith("{"):
        found = weaknesses(out)
        return (1, "\n".join(found)) if found else (0, "")
    if code and _UNREACHABLE.search(err):
        return 0, "the advisories cannot be reached from here, so they were not asked; all is pinned by hash"
    return (1, err) if code else (0, "")


def main(path: str) -> int:
    """Check one lock."""
    if loose := unpinned(Path(path).read_text("utf-8")):
        sys.stderr.write("".join(f"{path}: {one}: is not pinned by hash\n" for one in loose))
        return 1
    command = ["--disable-pip", "--require-hashes", "--format", "json", "--progress-spinner", "off"]
    try:
        ended = subprocess.run(  # noqa: S603  # arguments of ours
            [sys.executable, "-m", "pip_audit", *command, "--timeout", "10", "--requirement", path],
            capture_output=True,
            text=True,
            timeout=_TOGETHER_S,
            check=False,
        )
        code, told = verdict(ended.returncode, ended.stdout, ended.stderr)
    except subprocess.TimeoutExpired:
        code, told = verdict(1, "", "timed out")
    if told:
        sys.stderr.write(told + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
