"""`trunkline crm`: what the gateway that runs says of its CRMs, and what was given up tried again."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from gateway.cli.lazily import lazily
from gateway.cli.options import ConfigOption

if TYPE_CHECKING:
    from gateway import config as configuration
    from gateway.cli import running
    from gateway.crm import room
else:  # each is loaded by the command that needs it
    configuration, running = lazily("gateway.config"), lazily("gateway.cli.running")
    room = lazily("gateway.crm.room")

app = typer.Typer(help="CRMs: what is logged in them.", no_args_is_help=True, rich_markup_mode=None)
_NOBODY = "no gateway is running on this configuration"


@app.command("list", epilog="Example: trunkline crm list -c config.yaml")
def list_command(config: ConfigOption) -> None:
    """How each CRM is: what waits, and what was given up, with the reason."""
    running.carry_out(_list(config))


@app.command("retry", epilog="Example: trunkline crm retry -c config.yaml books")
def retry_command(config: ConfigOption, name: str) -> None:
    """Try again what was given up in a CRM. What may be there already is left as it is."""
    running.carry_out(_retry(config, name))


async def _list(config: Path) -> int:
    found = await running.asked(configuration.load(config), "GET", "/crm", None, list[room.CrmShown])
    if found is None:
        typer.echo(_NOBODY, err=True)
        return 1
    for one in found:
        typer.echo(f"{one.name}: {one.problem or 'well'}; {one.pending} pending, {one.dead} given up")
        for key, why in one.oldest_dead.items():
            typer.echo(f"  {key}: {why}")
    return 0


async def _retry(config: Path, name: str) -> int:
    path = f"/crm/{name}/retry"
    done = await running.asked(configuration.load(config), "POST", path, None, room.Retried)
    if done is None:
        typer.echo(_NOBODY, err=True)
        return 1
    typer.echo(f"{done.retried} are tried again; {done.left} may be in the CRM, and are left")
    return 0
