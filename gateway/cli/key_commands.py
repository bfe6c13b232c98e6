"""`trunkline keys`: its commands and options. What they do is in keys.py, which takes long to load."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gateway.cli.lazily import lazily

if TYPE_CHECKING:
    from gateway.cli import keys, running
    from schemas import errors
else:
    keys, running, errors = (
        lazily("gateway.cli.keys"),
        lazily("gateway.cli.running"),
        lazily("schemas.errors"),
    )

_UNITS_S: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}

app = typer.Typer(
    help="API keys; a gateway may be running on the store.", no_args_is_help=True, rich_markup_mode=None
)

ConfigOption = Annotated[Path, typer.Option("--config", "-c", help="The YAML configuration.", dir_okay=False)]
IdArgument = Annotated[str, typer.Argument(help="As `keys list` shows it.")]
Names = list[str] | None


def _names(help_text: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(help=f"{help_text} Repeat for several.")
    return option


@app.command("create")
def create_command(  # its options
    config: ConfigOption,
    name: Annotated[str, typer.Option(help="Whose it is.")],
    *,
    scope: Annotated[Names, _names("What it is good for, such as events:read.")] = None,
    ttl: Annotated[str | None, typer.Option(help="How long it is good: 90d, 12h, 30m.")] = None,
    expires_at: Annotated[str | None, typer.Option(help="Until when it is: 2030-01-01T00:00:00Z.")] = None,
    platform: Annotated[Names, _names("Narrowed to platforms.")] = None,
    agent: Annotated[Names, _names("Narrowed to agents.")] = None,
    grant: Annotated[str, typer.Option(help="What else it is narrowed to, as JSON; see the manual.")] = "{}",
) -> None:
    """Make a key and show it, this once."""
    try:
        narrowed: dict[str, object] = dict(json.loads(grant))
    except (TypeError, ValueError) as error:
        raise errors.ConfigError(f"--grant: {error}") from error
    narrowed |= {key: list(names) for key, names in (("platforms", platform), ("agents", agent)) if names}
    asked: dict[str, object] = {
        "name": name,
        "scopes": list(scope or []),
        "grant": narrowed,
        "expires_at": expires_at,
        "ttl_s": None if ttl is None else _seconds(ttl),
    }
    running.carry_out(keys.create(config, asked))


@app.command("list")
def list_command(
    config: ConfigOption,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """All keys, without their secrets."""
    running.carry_out(keys.list_all(config, as_json=as_json))


@app.command("revoke")
def revoke_command(config: ConfigOption, key_id: IdArgument) -> None:
    """End a key: what is connected by it, or by its tokens, is closed at once."""
    running.carry_out(keys.revoke(config, key_id))


@app.command("rotate")
def rotate_command(
    config: ConfigOption,
    key_id: IdArgument,
    overlap: Annotated[
        str, typer.Option(help="How long the old secret is good still: 24h; 0: no more.")
    ] = "24h",
) -> None:
    """Give a key a new secret and show it, this once."""
    running.carry_out(keys.rotate(config, key_id, _seconds(overlap)))


def _seconds(text: str) -> int:
    """Raises ConfigError."""
    read = re.fullmatch(r"([0-9]{1,9})([smhd]?)", text)
    if read is None:
        raise errors.ConfigError(f"{text}: must be a number of seconds, or such as 30m, 12h, 90d")
    return int(read[1]) * _UNITS_S[read[2] or "s"]
