"""What every kind of credential is answered at every address: one row an operation.

The rows are about what a1 of the platform east has, who is acme's. See tenants.py.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from schemas.results import NeedsInfo
from tests.security.tenants import ACME, EAST, NOT_LET_IN, Tenants, Who


class Asked(NamedTuple):
    """A request, of an operation's method."""

    path: str
    body: object = None


Ask = Callable[[Tenants], Awaitable[Asked]]


@dataclass(frozen=True)
class Row:
    """What an operation answers, by who asks."""

    ask: Ask
    granted: int = 200  # to the operator, the tenant, and the agent's token
    hidden: int = 404  # to those who do not see it
    agent: int | None = None  # to those who see other agents of the platform; None: as hidden
    tenant: int | None = None  # to the tenant itself; None: as granted
    token: int | None = None  # to the agent's token; None: as granted, if its scopes do
    page: int = 403  # to the token of the agent's page

    def expected(self, who: Who, *, of_token: bool) -> int:
        """The status. `of_token`: whether tokens for clients have the scope."""
        if who in NOT_LET_IN:
            return 401
        if who is Who.NO_SCOPE:
            return 403
        if who in (Who.TOKEN, Who.OTHER_TOKEN) and not of_token:
            return 403
        others: dict[Who, int | None] = {
            Who.LINK_TOKEN: self.page,
            Who.OTHER_TENANT: self.hidden,
            Who.OTHER_PLATFORM: self.hidden,
            Who.OTHER_OIDC: self.hidden,
            **dict.fromkeys((Who.OTHER_AGENT, Who.OTHER_TEAM, Who.OTHER_TOKEN), self.agent or self.hidden),
            **dict.fromkeys((Who.TENANT, Who.OIDC), self.tenant),
            Who.TOKEN: self.token,
        }
        return others.get(who) or self.granted


def _at(path: str, body: object = None) -> Ask:
    """A request that can be made again and again."""

    async def ask(made: Tenants) -> Asked:
        return Asked(path.format(**made.things), body)

    return ask


async def _command(made: Tenants) -> Asked:
    return Asked("/v1/commands", {"type": "interaction.hold", "interaction_id": made.things["interaction"]})


async def _answer(made: Tenants) -> Asked:
    record = await made.question()
    assert isinstance(record.result, NeedsInfo)
    body = {"needinfo_id": record.result.needinfo.id, "action": "cancel"}
    return Asked(f"/v1/commands/{record.id}/answer", body)


async def _query(made: Tenants) -> Asked:
    return Asked(f"/v1/queries/{await made.query()}/answer", {"type": "data"})


async def _revoked(made: Tenants) -> Asked:
    status, body = await made.ask(made.keys[Who.TENANT], "POST", "/v1/link-tokens", _LINK)
    assert status == 201, body
    return Asked("/v1/link-tokens/revoke", {"token": made.text(body, "token")})


def _of_webhook(path: str, body: object = None) -> Ask:
    """About a webhook of acme's, made for this."""

    async def ask(made: Tenants) -> Asked:
        return Asked(f"/v1/webhooks/{await made.webhook(made.keys[Who.TENANT])}{path}", body)

    return ask


def _of_key(path: str, body: object = None) -> Ask:
    """About a key of acme's, made for this."""

    async def ask(made: Tenants) -> Asked:
        grant = {"tenant": ACME, "agents": ["a1"]}
        wanted = {"name": "sub", "scopes": ["events:read"], "grant": grant}
        status, told = await made.ask(made.keys[Who.TENANT], "POST", "/v1/keys", wanted)
        assert status == 201, told
        return Asked(f"/v1/keys/{made.text(told, 'id')}{path}", body)

    return ask


async def _new_webhook(made: Tenants) -> Asked:
    return Asked("/v1/webhooks", {"url": made.receiver.url})


async def _set_webhook(made: Tenants) -> Asked:
    path, _ = await _of_webhook("")(made)
    return Asked(path, {"url": made.receiver.url, "name": "again"})


_LINK: Final = {"agent_id": "a1", "platform_id": EAST, "role": "link"}
_KEY: Final = {"name": "new", "scopes": ["events:read"], "grant": {"tenant": ACME}}

ROWS: Final[Mapping[str, Row]] = {
    "list_platforms": Row(_at("/v1/platforms"), hidden=200),
    "list_sessions": Row(_at("/v1/sessions"), hidden=200),
    "get_session": Row(_at("/v1/sessions/{session}")),
    "list_interactions": Row(_at("/v1/interactions"), hidden=200),
    "get_interaction": Row(_at("/v1/interactions/{interaction}")),
    "send_command": Row(_command),
    "get_command": Row(_at("/v1/commands/{command}")),
    "answer_question": Row(_answer),
    "list_questions": Row(_at("/v1/needinfo"), hidden=200),
    "answer_query": Row(_query),
    "mint_link_token": Row(_at("/v1/link-tokens", _LINK), 201, agent=403),
    "revoke_link_token": Row(_revoked, hidden=403),
    "list_events": Row(_at("/v1/events?limit=1000"), hidden=200),
    "get_event": Row(_at("/v1/events/{cursor}")),
    "stream_events": Row(_at("/v1/events/stream?after=0"), hidden=200),
    "make_stream_ticket": Row(_at("/v1/stream-tickets"), 201, hidden=201),
    "create_webhook": Row(_new_webhook, 201, hidden=201),
    "list_webhooks": Row(_at("/v1/webhooks"), hidden=200),
    "get_webhook": Row(_at("/v1/webhooks/{webhook}")),
    "update_webhook": Row(_set_webhook),
    "delete_webhook": Row(_of_webhook(""), 204),
    "pause_webhook": Row(_of_webhook("/pause")),
    "resume_webhook": Row(_of_webhook("/resume")),
    "patch_webhook": Row(_of_webhook("", {"name": "patched"})),
    "end_webhook_rotation": Row(_of_webhook("/end-rotation")),
    "rotate_webhook_secret": Row(_of_webhook("/rotate")),
    "test_webhook": Row(_of_webhook("/test")),
    "replay_deliveries": Row(_of_webhook("/replay", {}), 202),
    "list_deliveries": Row(_at("/v1/webhooks/{webhook}/deliveries")),
    "list_event_deliveries": Row(_at("/v1/events/{cursor}/deliveries"), hidden=200),
    "list_attempts": Row(_at("/v1/webhooks/{webhook}/deliveries/{delivery}/attempts")),
    "replay_delivery": Row(_at("/v1/webhooks/{webhook}/deliveries/{delivery}/replay"), 202),
    "create_key": Row(_at("/v1/keys", _KEY), 201, hidden=403),
    "list_keys": Row(_at("/v1/keys"), hidden=200),
    "get_key": Row(_at("/v1/keys/{key}")),
    "revoke_key": Row(_of_key("")),
    "rotate_key": Row(_of_key("/rotate")),
    "change_key": Row(_of_key("", {"grant": {"tenant": ACME, "agents": ["a1"]}})),
    "metrics": Row(_at("/metrics"), hidden=403, tenant=403),
    "list_audit": Row(_at("/v1/audit"), hidden=403, tenant=403),
}

# What is for everybody, and what that answers: it tells nothing of anybody.
OPEN: Final[Mapping[str, tuple[str, int]]] = {
    "health": ("/healthz", 200),
    "readiness": ("/readyz", 200),
    "openapi": ("/openapi.json", 200),
    "asyncapi": ("/asyncapi.json", 200),
    "docs": ("/docs", 200),
    "docs_script": ("/docs/docs.js", 200),
    "root": ("/", 404),  # a program; a browser is led to the console
    "console": ("/console", 200),
    "console_folder": ("/console/", 200),  # as the page that it leads to
    "console_file": ("/console/main.js", 200),
    "console_view": ("/console/views/overview.js", 200),
    "manual": ("/manual", 200),  # on to the first page
    "manual_page": ("/manual/index.html", 200),
    "manual_folder": ("/manual/operate/install.html", 200),
    "manual_picture": ("/manual/operate/dashboards/node.png", 200),
    "sign_in_window": ("/v1/sign-in/window.html", 200),
    "sign_in_script": ("/v1/sign-in/window.js", 200),
    "begin_sign_in": ("/v1/sign-in", 403),  # from no page of ours, whatever is shown
    "sign_in_callback": ("/v1/sign-in/callback", 403),
    "pick_up_token": ("/v1/sign-in/pick-up", 400),
    "sign_in": ("/v1/facades/east/bright_pattern/sign-in", 403),
    "sign_in_offer": ("/v1/facades/east/bright_pattern/sign-in.json", 200),
    "link_page": ("/v1/links/east/relay.js", 404),  # of a dialect that has pages
    "phone_page": ("/phone/", 200),
    "phone_file": ("/phone/trunkline-phone.js", 200),
    "facade_page": ("/v1/facades/east/bright_pattern/api.js", 200),
    **{
        f"channel_session_{name}probe": (f"/v1/facades/east/channel_session{path}", 200)
        for name, path in (
            ("", ""),
            ("sessions_", "/sessions"),
            ("requests_", "/direct/processRequest"),
            ("messages_", "/messages"),
        )
    },
    **{
        f"drop_in_{number}": (path, 404)  # on no platform's host name
        for number, path in enumerate(
            (
                "/agent/communicator/",
                "/agent/communicator/adapters/api.js",
                "/agent/crmembedded/",
                "/agent/crmembedded/adapters/api.js",
                "/agentdesktop/",
                "/agentdesktop/AgentDesktopSdkProxy.jsp",
                "/agentdesktop/UniversalRepeater.jsp",
                "/agentdesktop/app/lib/servicepattern-sdk-v1.js",
                "/agentdesktop/libs/servicepattern-sdk-v1.js",
            ),
            1,
        )
    },
}
