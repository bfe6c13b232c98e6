"""`trunkline`: its commands, each in a module of its own."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import cluster_commands, crm_commands, key_commands, live_commands
from gateway.cli.choices import Kind, Model, Role
from gateway.cli.lazily import lazily
from gateway.cli.options import (
    ConfigOption,
    InteractionOption,
    JsonOption,
    PlatformsOption,
    TypesOption,
    wanted_of,
)

if TYPE_CHECKING:
    from gateway import app as composition
    from gateway import config as configuration
    from gateway.cli import (
        audit,
        checked,
        config_schema,
        dashboards,
        dialect_pages,
        doctor,
        journal,
        matrix,
        matrix_listing,
        privacy,
        running,
        schema,
        serve,
        store,
    )
    from gateway.cli import demo as demonstration
    from gateway.store import files
    from gateway.telemetry import build
    from schemas import errors
else:  # each is loaded by the command that needs it
    composition, audit = lazily("gateway.app"), lazily("gateway.cli.audit")
    checked, config_schema = lazily("gateway.cli.checked"), lazily("gateway.cli.config_schema")
    dashboards, doctor = lazily("gateway.cli.dashboards"), lazily("gateway.cli.doctor")
    dialect_pages, journal = lazily("gateway.cli.dialect_pages"), lazily("gateway.cli.journal")
    matrix, matrix_listing = lazily("gateway.cli.matrix"), lazily("gateway.cli.matrix_listing")
    privacy, running = lazily("gateway.cli.privacy"), lazily("gateway.cli.running")
    schema = lazily("gateway.cli.schema")
    serve, store = lazily("gateway.cli.serve"), lazily("gateway.cli.store")
    demonstration = lazily("gateway.cli.demo")
    configuration = lazily("gateway.config")
    files = lazily("gateway.store.files")
    build, errors = lazily("gateway.telemetry.build"), lazily("schemas.errors")

app = typer.Typer(
    name="trunkline",
    help="A gateway between CRMs and contact-centre platforms.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help comes at once
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(key_commands.app, name="keys")
app.add_typer(crm_commands.app, name="crm")
app.add_typer(cluster_commands.app)
live_commands.add_to(app)
dashboards_app = typer.Typer(help="What Grafana shows.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(dashboards_app, name="dashboards")
journal_app = typer.Typer(
    help="The journal's file; a gateway may be running on it.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(journal_app, name="journal")
audit_app = typer.Typer(
    help="Who did what; a gateway may be running on the file.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(audit_app, name="audit")
privacy_app = typer.Typer(help="What is kept of people.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(privacy_app, name="privacy")


def _show_version(wanted: bool) -> None:  # noqa: FBT001  # how options are handed over
    if wanted:
        typer.echo(f"trunkline {build.build_version()}, Python {build.python_version()}")
        raise typer.Exit


@app.callback()
def _trunkline(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Which program this is.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """A gateway between CRMs and contact-centre platforms."""
    del version


@app.command("serve", epilog="Example: trunkline serve -c config.yaml")
def serve_command(
    config: ConfigOption,
    *,
    standby: Annotated[
        bool, typer.Option("--standby", help="Send nothing to anybody outside, until `activate`.")
    ] = False,
    workers: Annotated[
        int,
        typer.Option("--workers", min=1, max=64, help="So many processes, on a NATS server of their own."),
    ] = 1,
) -> None:
    """Run the gateway until it is told to stop."""
    running.carry_out(serve.serve(config, standby=standby, workers=workers))


@app.command("demo", epilog="Example: trunkline demo --port 8080")
def demo_command(
    *,
    once: Annotated[bool, typer.Option("--once", help="One round, then end.")] = False,
    as_json: JsonOption = False,
    port: Annotated[
        int | None,
        typer.Option(help="Of the gateway; 0: a free one. Else 8080, or a free one if that is taken."),
    ] = None,
    tls: Annotated[bool, typer.Option("--tls", help="With a certificate of its own: https and wss.")] = False,
) -> None:
    """A whole gateway over simulated platforms, with scripted calls."""
    running.carry_out(demonstration.demo(once=once, as_json=as_json, port=port, tls=tls))


@app.command("check-config", epilog="Example: trunkline check-config -c config.yaml")
def check_config_command(config: ConfigOption) -> None:
    """Say what is wrong with a configuration, or that nothing is."""
    loaded = checked.load(config)
    checked.require_fit(loaded, config)
    for one in configuration.read_environment().unread(os.environ):
        typer.echo(one, err=True)
    typer.echo(f"{config}: all well; platforms: {', '.join(loaded.platforms) or 'none'}")
    if kind := files.network(loaded.store.path):
        typer.echo(f"store.path: is on a network file system ({kind}), where locks may not hold", err=True)


@app.command("doctor", epilog="Example: trunkline doctor -c config.yaml")
def doctor_command(config: ConfigOption, *, as_json: JsonOption = False) -> None:
    """Look at the configuration and at all that is around: what is wrong, and what to do about it."""
    running.carry_out(doctor.examine(config, as_json=as_json))


@app.command("schema", epilog="Example: trunkline schema configuration")
def schema_command(
    model: Annotated[Model, typer.Argument(help="Of what.")] = Model.CANONICAL,
) -> None:
    """The canonical model, or the configuration, as JSON Schema (2020-12)."""
    found = schema.document() if model is Model.CANONICAL else config_schema.document()
    typer.echo(json.dumps(found, indent=2))


@app.command("matrix", epilog="Example: trunkline matrix --json")
def matrix_command(
    name: Annotated[str | None, typer.Argument(help="A dialect: every name of its vendor.")] = None,
    *,
    role: Annotated[Role | None, typer.Option(help="Of these names: in one role.")] = None,
    kind: Annotated[Kind | None, typer.Option(help="Of these names: of one kind.")] = None,
    as_json: JsonOption = False,
    pages: Annotated[Path | None, typer.Option(help="Write the manual's pages into that folder.")] = None,
) -> None:
    """What each dialect can say, in each role; or what becomes of each of a vendor's names."""
    chosen = (
        [matrix_listing.find(composition.dialects(), name)] if name is not None else composition.dialects()
    )
    if pages is not None:
        dialect_pages.write_pages(pages, composition.dialects())
    elif as_json:
        typer.echo(json.dumps(matrix.document(chosen), indent=2))
    elif name is not None:
        typer.echo(matrix_listing.listing(chosen[0], role, kind))
    else:
        typer.echo(dialect_pages.overview(chosen))


@journal_app.command("verify", epilog="Example: trunkline journal verify -c config.yaml")
def journal_verify_command(config: ConfigOption, *, as_json: JsonOption = False) -> None:
    """Check pages, checksums, cursors and sequences."""
    raise typer.Exit(journal.verify(config, as_json=as_json))


@journal_app.command("tail", epilog="Example: trunkline journal tail -c config.yaml -n 20 -f")
def journal_tail_command(  # its options
    config: ConfigOption,
    count: Annotated[int, typer.Option("-n", "--count", min=0, help="So many of the newest.")] = 10,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="And what comes, until Ctrl-C.")] = False,
    types: TypesOption = None,
    platforms: PlatformsOption = None,
    interactions: InteractionOption = None,
) -> None:
    """The newest events as JSON Lines. They hold customers' data."""
    try:
        code = journal.tail(config, count, wanted_of(types, platforms, interactions), follow=follow)
    except KeyboardInterrupt:
        code = 130
    raise typer.Exit(code)


@journal_app.command("export", epilog="Example: trunkline journal export -c config.yaml -o events.jsonl")
def journal_export_command(  # its options
    config: ConfigOption,
    *,
    after: Annotated[str, typer.Option(help="The cursor, or the resume, to begin after.")] = "0",
    until: Annotated[int | None, typer.Option(min=1, help="The last cursor.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file, for its owner only.")] = None,
    types: TypesOption = None,
    platforms: PlatformsOption = None,
    interactions: InteractionOption = None,
) -> None:
    """Events as JSON Lines. They hold customers' data."""
    wanted = wanted_of(types, platforms, interactions)
    raise typer.Exit(journal.export(config, after, until, wanted, output))


@audit_app.command("verify", epilog="Example: trunkline audit verify -c config.yaml")
def audit_verify_command(
    config: ConfigOption,
    *,
    head: Annotated[str, typer.Option(help="number:hash, as an earlier check or the log said.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Check the chain of hashes: what was changed, taken out or cut off is found."""
    raise typer.Exit(audit.verify(config, head, as_json=as_json))


@audit_app.command("export", epilog="Example: trunkline audit export -c config.yaml -o audit.jsonl")
def audit_export_command(
    config: ConfigOption,
    *,
    after: Annotated[int, typer.Option(min=0, help="The number to begin after.")] = 0,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file, for its owner only.")] = None,
) -> None:
    """Who did what, as JSON Lines. They hold ids and nobody's data."""
    raise typer.Exit(audit.export(config, after, output))


@privacy_app.command("erase", epilog="Example: trunkline privacy erase -c config.yaml --party +15550142")
def privacy_erase_command(
    config: ConfigOption,
    spellings: Annotated[
        list[str], typer.Option("--party", help="A number or an address; repeat it for others of the person.")
    ],
    *,
    as_json: JsonOption = False,
) -> None:
    """Take a person out of all that is kept, and prove it. A gateway may be running on the store."""
    running.carry_out(privacy.erase(config, spellings, as_json=as_json))


@app.command("backup", epilog="Example: trunkline backup copy.db -c config.yaml")
def backup_command(
    file: Annotated[Path, typer.Argument(help="To be made, for its owner only.")],
    config: ConfigOption,
    *,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
) -> None:
    """Copy the store to a file, and check it. A gateway may be running on the store."""
    raise typer.Exit(store.back_up(config, file, force=force))


@app.command("restore", epilog="Example: trunkline restore copy.db -c config.yaml --standby")
def restore_command(
    file: Annotated[Path, typer.Argument(help="Made by `trunkline backup`.")],
    config: ConfigOption,
    *,
    force: Annotated[bool, typer.Option("--force", help="Move a store that is there aside.")] = False,
    standby: Annotated[
        bool,
        typer.Option("--standby", help="It sends nothing to anybody outside, until `activate`."),
    ] = False,
) -> None:
    """Lay a backup where the store belongs, and check it. No gateway may be running on the store."""
    running.carry_out(store.restore(config, file, force=force, standby=standby))


@app.command("activate", epilog="Example: trunkline activate -c config.yaml")
def activate_command(config: ConfigOption) -> None:
    """End the standby of a restored or copied store; a gateway may be running on it."""
    running.carry_out(store.activate(config))


@dashboards_app.command(
    "check", epilog="Example: trunkline dashboards check deploy/grafana/dashboards/node.json"
)
def dashboards_check_command(
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="Of the gateway that runs; else one is started for this."),
    ] = None,
    *,
    files_of: Annotated[
        list[Path] | None, typer.Argument(metavar="FILES", help="Dashboards, rules, documents.")
    ] = None,
) -> None:
    """Whether every metric and label that these files name is in a running gateway's /metrics."""
    running.carry_out(dashboards.check(config, files_of or []))


def run() -> None:
    """The entry point. An error of ours ends in a message, not in a trace."""
    try:
        app()
    except SystemExit:  # the end of all that goes well; to name our own errors below loads them
        raise
    except errors.TrunklineError as error:
        typer.echo(f"trunkline: {error}", err=True)
        sys.exit(1)
