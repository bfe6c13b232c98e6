"""`trunkline keys`: its commands and options. What they do is in keys.py, which takes long to load."""

import json
import math
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

TtlOption = Annotated[str | None, typer.Option(help="How long it is good from now on: 90d, 12h, 30m.")]
RateOption = Annotated[str | None, typer.Option(help="Requests a second, and how many at once: 20/100.")]
GrantOption = Annotated[
    str | None, typer.Option(help="What else it is narrowed to, as JSON; see the manual. {}: nothing.")
]
ConfigOption = Annotated[Path, typer.Option("--config", "-c", help="The YAML configuration.", dir_okay=False)]
IdArgument = Annotated[str, typer.Argument(help="As `keys list` shows it.")]
Names = list[str] | None


def _names(help_text: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(help=f"{help_text} Repeat for several.")
    return option


PlatformOption = Annotated[Names, _names("Narrowed to platforms.")]
AgentOption = Annotated[Names, _names("Narrowed to agents.")]


@app.command("create", epilog="Example: trunkline keys create -c config.yaml --name crm --scope events:read")
def create_command(  # noqa: PLR0913  # its options
    config: ConfigOption,
    name: Annotated[str, typer.Option(help="Whose it is.")],
    *,
    scope: Annotated[Names, _names("What it is good for, such as events:read.")] = None,
    ttl: TtlOption = None,
    expires_at: Annotated[str | None, typer.Option(help="Until when it is: 2030-01-01T00:00:00Z.")] = None,
    platform: PlatformOption = None,
    agent: AgentOption = None,
    grant: GrantOption = None,
    rate: RateOption = None,
) -> None:
    """Make a key and show it, this once."""
    asked: dict[str, object] = {
        "name": name,
        "scopes": list(scope or []),
        "grant": _grant(grant or "{}", platform, agent),
        "expires_at": expires_at,
        "ttl_s": None if ttl is None else _seconds(ttl),
        "rate": None if rate is None else _rate(rate),
    }
    running.carry_out(keys.create(config, asked))


@app.command("change", epilog="Example: trunkline keys change key_8f2k -c config.yaml --ttl 90d")
def change_command(  # noqa: PLR0913  # its options
    config: ConfigOption,
    key_id: IdArgument,
    *,
    name: Annotated[str | None, typer.Option(help="Whose it is.")] = None,
    ttl: TtlOption = None,
    expires_at: Annotated[
        str | None, typer.Option(help="Until when it is: 2030-01-01T00:00:00Z, or never.")
    ] = None,
    platform: PlatformOption = None,
    agent: AgentOption = None,
    grant: GrantOption = None,
    rate: Annotated[
        str | None, typer.Option(help="Requests a second, and how many at once: 20/100; or default.")
    ] = None,
) -> None:
    """Change a key at once; its secret stays. A new grant is what is given here, and nothing of the old."""
    asked: dict[str, object] = {}
    if name is not None:
        asked["name"] = name
    if ttl is not None:
        asked["ttl_s"] = _seconds(ttl)
    if expires_at is not None:
        asked["expires_at"] = None if expires_at == "never" else expires_at
    if rate is not None:
        asked["rate"] = None if rate == "default" else _rate(rate)
    if grant is not None or platform or agent:
        asked["grant"] = _grant(grant or "{}", platform, agent)
    running.carry_out(keys.change(config, key_id, asked))


@app.command("list", epilog="Example: trunkline keys list -c config.yaml")
def list_command(
    config: ConfigOption,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """All keys, without their secrets."""
    running.carry_out(keys.list_all(config, as_json=as_json))


@app.command("revoke", epilog="Example: trunkline keys revoke key_8f2k -c config.yaml")
def revoke_command(config: ConfigOption, key_id: IdArgument) -> None:
    """End a key: what is connected by it, or by its tokens, is closed at once."""
    running.carry_out(keys.revoke(config, key_id))


@app.command("rotate", epilog="Example: trunkline keys rotate key_8f2k -c config.yaml")
def rotate_command(
    config: ConfigOption,
    key_id: IdArgument,
    overlap: Annotated[
        str, typer.Option(help="How long the old secret is good still: 24h; 0: no more.")
    ] = "24h",
) -> None:
    """Give a key a new secret and show it, this once."""
    running.carry_out(keys.rotate(config, key_id, _seconds(overlap)))


def _grant(text: str, platforms: Names, agents: Names) -> dict[str, object]:
    """Raises ConfigError."""
    try:
        narrowed: dict[str, object] = dict(json.loads(text))
    except (TypeError, ValueError) as error:
        raise errors.ConfigError(f"--grant: {error}") from error
    named = (("platforms", platforms), ("agents", agents))
    return narrowed | {key: list(names) for key, names in named if names}


def _rate(text: str) -> dict[str, object]:
    """Raises ConfigError."""
    per_s, _, burst = text.partition("/")
    try:
        rate = float(per_s)
        return {"per_s": rate, "burst": int(burst) if burst else max(1, math.ceil(rate))}
    except (ValueError, OverflowError):
        raise errors.ConfigError(f"--rate {text}: must be such as 20 or 20/100") from None


def _seconds(text: str) -> int:
    """Raises ConfigError."""
    read = re.fullmatch(r"([0-9]{1,9})([smhd]?)", text)
    if read is None:
        raise errors.ConfigError(f"{text}: must be a number of seconds, or such as 30m, 12h, 90d")
    return int(read[1]) * _UNITS_S[read[2] or "s"]
