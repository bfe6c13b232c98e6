"""What a demonstration tells people to try: lines to paste, and pages to open."""

import json
from dataclasses import dataclass

from aiohttp import ClientSession

from gateway.app import Gateway
from gateway.cli.acting import Watcher
from gateway.cli.receiver import Receiver
from gateway.demo.own_certificate import OwnCertificate
from gateway.demo.simulation import Simulated
from gateway.demo.stage_door import PAGE, PATH, Example, Link, Playbill, names
from gateway.demo.triggers import Stage
from gateway.runtime.ids import session_id
from gateway.runtime.tasks import Tasks
from schemas.ids import AgentId


@dataclass
class Scene:
    """Everything that a demonstration needs, running."""

    gateway: Gateway
    switchboard: Gateway
    simulated: list[Simulated]
    receiver: Receiver
    watcher: Watcher
    session: ClientSession
    tasks: Tasks
    stage: Stage
    own: OwnCertificate | None = None  # under TLS

    @property
    def url(self) -> str:
        """Of the gateway, without a slash at the end."""
        return self.gateway.addresses[0].rstrip("/")


def playbill(on: Scene) -> Playbill:
    """For the demonstration's page."""
    there = {one.canonical for one in on.gateway.web.router.resources()}
    links = [("/console", "Console"), ("/phone/", "Soft phone"), ("/docs", "API")]
    return Playbill(
        triggers=names(),
        platforms={one.platform_id: list(one.agents) for one in on.simulated},
        links=[Link(title, path) for path, title in links if path in there],
        samples=samples(on),
        examples=[Example(title, line) for title, line in examples(on)],
    )


def examples(on: Scene) -> list[tuple[str, str]]:
    """What it is for, and the line."""
    url = on.url
    curl = "curl" if on.own is None else f"curl --cacert {on.own.authority}"
    one = on.simulated[0]
    agent = one.agents[0]
    here = session_id(one.platform_id, AgentId(agent))
    dial = json.dumps({"type": "interaction.dial", "session_id": here, "destination": "+15550123"})
    ring = json.dumps({"event": "call.inbound", "agent": agent})
    params = [{"ani": "+15550177", "agent": agent}]
    inbound = {"type": "vendor.call", "session_id": here, "method": "simulate.inbound_call", "params": params}
    platforms = on.switchboard.addresses[0].rstrip("/")
    return [
        ("watch events", f"{curl} -N {url}/v1/events/stream"),
        ("who is signed in", f"{curl} {url}/v1/sessions"),
        ("open interactions", f"{curl} {url}/v1/interactions"),
        (f"{agent} calls somebody", f"{curl} {url}/v1/commands -d '{dial}'"),
        (f"somebody calls {agent}", f"{curl} {url}{PATH} -d '{ring}'"),
        ("the same, out there", f"curl {platforms}/v1/commands -d '{json.dumps(inbound)}'"),
        ("metrics", f"{curl} {url}/metrics"),
    ]


def samples(on: Scene) -> list[Link]:
    """Pages written for one dialect, over a platform of another."""
    offered = [one for one in on.gateway.dialects.values() if one.browser is not None and one.browser.sample]
    return [
        Link(
            f"{other.title}, on {one.dialect.title}",
            f"/v1/facades/{one.platform_id}/{other.name}/{other.browser.sample}",
            f"sign in as {one.agents[0]}",
        )
        for one in on.simulated
        for other in offered
        if other is not one.dialect and other.browser is not None
    ]


def hints(on: Scene) -> str:
    """The same, as lines for a terminal."""
    lines = [
        f"gateway    {on.url}   (no API key: open to this machine only)",
        f"to try     {on.url}{PAGE}",
        "",
        *(title.ljust(22) + line for title, line in examples(on)),
        *_trust(on.own),
        "",
        "In a browser, pages written for one dialect over a platform of another:",
        *(f"{one.title}:\n  {one.hint}: {on.url}{one.url}" for one in samples(on)),
        "",
        "Ctrl-C ends it.",
    ]
    return "\n".join(lines)


def _trust(own: OwnCertificate | None) -> list[str]:
    """How a browser and a program take the certificate."""
    if own is None:
        return []
    return [
        "",
        "The certificate is this demonstration's own, made just now, for localhost, 127.0.0.1 and ::1.",
        f"  a program   trusts it by the authority in {own.authority}",
        f"  Chromium    chromium --ignore-certificate-errors-spki-list={own.pin}",
        "              --user-data-dir=$(mktemp -d): a browser of its own, in which this key alone is taken",
        f"  a browser   imports {own.authority} as an authority; take it out again afterwards",
    ]
