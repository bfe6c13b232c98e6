"""The commands about gateways on NATS, as they are typed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.choices import Kept
from gateway.cli.lazily import lazily

if TYPE_CHECKING:
    from gateway.cli import capacity, migrate, running
else:  # each is loaded by the command that needs it
    capacity, migrate = lazily("gateway.cli.capacity"), lazily("gateway.cli.migrate")
    running = lazily("gateway.cli.running")

app = typer.Typer(rich_markup_mode=None)


@app.command("migrate")
def migrate_command(
    config: Annotated[Path, typer.Option("--config", "-c", help="The YAML configuration.", dir_okay=False)],
    source: Annotated[Kept, typer.Option("--from", help="Where the store is.")],
    target: Annotated[Kept, typer.Option("--to", help="Where it is to be.")],
    *,
    force: Annotated[bool, typer.Option("--force", help="Move a file that is there aside.")] = False,
) -> None:
    """Move the store to NATS, or back to a file, and compare. No gateway may be running on either."""
    running.carry_out(migrate.migrate(config, source, target, force=force))


@app.command("simulate-capacity")
def simulate_capacity_command(  # noqa: PLR0913  # its options
    *,
    agents: Annotated[int, typer.Option(min=1, help="In all.")] = 100_000,
    nodes: Annotated[int, typer.Option(min=2, help="Gateways that there are.")] = 8,
    calls: Annotated[float, typer.Option(min=0.01, help="Of each agent in an hour.")] = 12.0,
    peak: Annotated[float, typer.Option(min=1.0, help="Times the mean.")] = 5.0,
    streams: Annotated[int, typer.Option(min=0, help="Subscribers who get everything.")] = 20,
    replicas: Annotated[int, typer.Option(min=1, max=5, help="As bus.replicas.")] = 3,
    at_work_us: Annotated[
        float | None, typer.Option(min=1.0, help="Of a core for an event, where it was measured.")
    ] = None,
    store_ms: Annotated[
        float | None, typer.Option(min=0.01, help="Until NATS has events, where it was measured.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the simulated events.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """What so many agents need of gateways on NATS, on paper. Ends with 1 if there are too few nodes."""
    parts = capacity.parts(at_work_us, store_ms)
    load = capacity.Load(agents=agents, calls_an_hour=calls, peak=peak, streams=streams)
    raise typer.Exit(capacity.simulate(load, nodes, replicas, parts, seed, as_json=as_json))
