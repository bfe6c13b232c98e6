"""`trunkline tail`, `call`, `listen` and `trigger`: their options. What they do is in modules beside."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.lazily import lazily
from gateway.cli.options import (
    LOCAL,
    InteractionOption,
    JsonOption,
    KeyFileOption,
    PlatformsOption,
    TypesOption,
    UrlOption,
    wanted_of,
)

if TYPE_CHECKING:
    from gateway.cli import call, call_words, listen, remote, running, tail, trigger
    from gateway.demo import triggers
    from schemas import errors
else:
    call, call_words = lazily("gateway.cli.call"), lazily("gateway.cli.call_words")
    listen, remote = lazily("gateway.cli.listen"), lazily("gateway.cli.remote")
    running, tail = lazily("gateway.cli.running"), lazily("gateway.cli.tail")
    trigger, triggers = lazily("gateway.cli.trigger"), lazily("gateway.demo.triggers")
    errors = lazily("schemas.errors")

AfterOption = Annotated[
    str | None, typer.Option(help="A cursor or resume; 0: all there is. Else from now on.")
]
AgentsOption = Annotated[list[str] | None, typer.Option("--agent", help="Repeat for several.")]
Pairs = list[str] | None


def _at(url: str, key_file: Path | None) -> "remote.Remote":
    return remote.remote(url, os.environ.get("TRUNKLINE_KEY", ""), key_file)


def _events(incomplete: str) -> list[str]:
    """For the shell's completion."""
    return [one for one in triggers.TRIGGERS if one.startswith(incomplete)]


def add_to(app: typer.Typer) -> None:
    """All of them."""
    app.command("tail", epilog="Example: trunkline tail --type 'interaction.*' --agent ana")(tail_command)
    app.command("call", epilog="Example: echo 'dial +15550123' | trunkline call ana")(call_command)
    app.command("listen", epilog="Example: trunkline listen --forward-to http://127.0.0.1:3000/hook")(
        listen_command
    )
    app.command("trigger", epilog="Example: trunkline trigger call.inbound --agent ana")(trigger_command)


def tail_command(  # its options
    *,
    url: UrlOption = LOCAL,
    key_file: KeyFileOption = None,
    after: AfterOption = None,
    types: TypesOption = None,
    platforms: PlatformsOption = None,
    agents: AgentsOption = None,
    interactions: InteractionOption = None,
    as_json: JsonOption = False,
) -> None:
    """What a gateway tells, as it happens, until Ctrl-C. It holds customers' data."""
    wanted = wanted_of(types, platforms, interactions, agents)
    running.carry_out(tail.tail(_at(url, key_file), wanted, after, as_json=as_json))


def call_command(  # its options
    agent: Annotated[str, typer.Argument(help="Who is driven.")],
    *,
    platform: Annotated[str, typer.Option(help="Where, if the agent is on several.")] = "",
    url: UrlOption = LOCAL,
    key_file: KeyFileOption = None,
    answers: Annotated[
        Pairs, typer.Option("--answer", help="disposition=sold: to questions that come. Repeat it.")
    ] = None,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="A script goes on after a line that failed.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Drive an agent: a command a line, from the terminal or a script; `help` lists them."""
    given = call_words.members(answers or [])
    at = _at(url, key_file)
    running.carry_out(call.call(at, agent, platform, given, keep_going=keep_going, as_json=as_json))


def listen_command(  # noqa: PLR0913  # its options
    forward_to: Annotated[str, typer.Option(help="Where each event is posted to.")],
    *,
    url: UrlOption = LOCAL,
    key_file: KeyFileOption = None,
    after: AfterOption = None,
    replay: Annotated[
        list[int] | None, typer.Option(min=1, help="Only this event, by its cursor, once more. Repeat it.")
    ] = None,
    secret_file: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="Holds the signing secret; else one is made and shown."),
    ] = None,
    attempts: Annotated[int, typer.Option(min=1, max=20, help="At one event.")] = 5,
    count: Annotated[int | None, typer.Option(min=1, help="End after so many events.")] = None,
    types: TypesOption = None,
    platforms: PlatformsOption = None,
    agents: AgentsOption = None,
    interactions: InteractionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Web hooks on your own machine: each event is posted there, signed, as the gateway's web hooks are."""
    named = {"type": types, "platform": platforms, "agent": agents, "interaction": interactions}
    query = {name: ",".join(some) for name, some in named.items() if some}
    ways, shows_secret = listen.ways(forward_to, secret_file, query, attempts)
    at = _at(url, key_file)
    running.carry_out(
        listen.listen(
            at,
            ways,
            after=after,
            replay=replay or [],
            count=count,
            shows_secret=shows_secret,
            as_json=as_json,
        )
    )


def trigger_command(  # noqa: PLR0913  # its options
    event: Annotated[
        str | None, typer.Argument(help="Its name; --list shows all.", autocompletion=_events)
    ] = None,
    *,
    listed: Annotated[bool, typer.Option("--list", help="What there is, with its options.")] = False,
    url: UrlOption = LOCAL,
    key_file: KeyFileOption = None,
    platform: Annotated[str, typer.Option(help="Else the first that is simulated.")] = "",
    agent: Annotated[str, typer.Option(help="Else the first one there.")] = "",
    address: Annotated[str, typer.Option("--from", help="Who calls or writes.")] = "",
    text: Annotated[str, typer.Option(help="What is written.")] = "",
    data: Annotated[Pairs, typer.Option(help="account=4711: what is attached. Repeat it.")] = None,
    seconds: Annotated[float | None, typer.Option(min=0, max=3600, help="How long.")] = None,
    count: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Let something happen at a simulated platform: calls, chats, faults, by name."""
    if listed:
        raise typer.Exit(trigger.listed(as_json=as_json))
    if event is None:
        raise errors.ConfigError("which event? --list shows all")
    wanted = triggers.Wanted(
        event=event,
        platform=platform,
        agent=agent,
        address=address,
        text=text,
        seconds=seconds,
        count=count,
        data=call_words.members(data or []),
    )
    running.carry_out(trigger.let_happen(_at(url, key_file), wanted, as_json=as_json))
