"""`trunkline audit`: verify and export. A gateway may be running on the file, or not."""

from pathlib import Path

import msgspec
import typer

from gateway.cli.journal import load, output
from gateway.cli.progress import step
from gateway.store import audit_file
from schemas.errors import ConfigError


def _known(head: str) -> tuple[int, str]:
    number, colon, digest = head.partition(":")
    if not colon or not number.isdecimal() or len(digest) != len("0" * 64):
        raise ConfigError(f"--head: {head!r} is not of the form number:hash, as `verify` prints it")
    return int(number), digest.lower()


def verify(config: Path, head: str, *, as_json: bool) -> int:
    """Check the chain from its beginning to its end; `head` is what an earlier check, or the log, said.

    1 if anything is wrong.
    """
    path, known = load(config).store.path, _known(head) if head else None
    with step("checking the chain"):
        verdict = audit_file.verify(path, known)
    if as_json:
        typer.echo(msgspec.json.encode(verdict))
    else:
        for finding in verdict.findings:
            typer.echo(finding, err=True)
        typer.echo(
            f"entries={verdict.entries} numbers={verdict.first}..{verdict.last} head={verdict.head}"
            f" findings={len(verdict.findings)}"
        )
    return 1 if verdict.findings else 0


def export(config: Path, after: int, target: Path | None) -> int:
    """The entries after a number, one JSON object a line, to a file or standard output."""
    count = 0
    with output(target) as out:
        for one in audit_file.entries(load(config).store.path, after):
            out.write(one.line + b"\n")
            count += 1
    typer.echo(f"{count} entries", err=True)
    return 0
