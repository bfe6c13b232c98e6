"""What a subscriber sets of a webhook, as he asks for it and as it is kept."""

from collections.abc import Mapping
from hashlib import sha256
from hmac import compare_digest
from typing import Annotated, Final, Literal, TypedDict

import msgspec
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    SecretStr,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from gateway.outbound import members, signature
from gateway.outbound.headers import checked
from gateway.outbound.members import MAX_PATH, MAX_PATHS
from gateway.store.conditions import MAX_CONDITIONS, Content, parse
from gateway.store.deliveries import ContentType, Members, Order, Rate, Webhook, WebhookMode
from schemas.grants import FieldClass
from schemas.ids import Cursor
from schemas.interaction import Media

MAX_CHOICES: Final = 20  # of members, remembered: then the oldest holds for all before it

# The schemas stand where they are used: a model brings no definitions of its own into the contract.
_Medium = Annotated[Media, WithJsonSchema({"type": "string", "enum": list(Media)})]
_Conditions = Annotated[
    Content,
    PlainValidator(parse),
    WithJsonSchema({"type": "object", "maxProperties": MAX_CONDITIONS, "additionalProperties": {}}),
]


_Status = Annotated[int, Field(ge=300, le=599)]


class RateSpec(BaseModel):
    """How many deliveries it gets at most."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    per_second: float = Field(gt=0, le=1_000, allow_inf_nan=False)
    burst: int = Field(default=1, ge=1, le=1_000)


_Rate = Annotated[
    RateSpec | None,
    WithJsonSchema(
        {
            "type": ["object", "null"],
            "properties": {
                "per_second": {"type": "number", "exclusiveMinimum": 0, "maximum": 1_000},
                "burst": {"type": "integer", "minimum": 1, "maximum": 1_000, "default": 1},
            },
            "required": ["per_second"],
            "additionalProperties": False,
        }
    ),
]


_Paths = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=MAX_PATH)]], Field(max_length=MAX_PATHS)
]


def _own_secret(value: SecretStr) -> SecretStr:
    signature.checked(value.get_secret_value())
    return value


OwnSecret = Annotated[SecretStr, AfterValidator(_own_secret)]


class WebhookSpec(BaseModel):
    """What a subscriber sets. Empty filters let everything through."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(max_length=2_000)
    name: str = Field(default="", max_length=100)
    events: list[str] = Field(default=[], max_length=100)  # `interaction.held`, `interaction.*`, `*`
    platform_ids: list[str] = Field(default=[], max_length=100)
    agent_ids: list[str] = Field(default=[], max_length=1_000)
    teams: list[str] = Field(default=[], max_length=100)
    media: list[_Medium] = Field(default=[], max_length=len(Media))
    content: _Conditions = {}
    headers: dict[str, SecretStr] | None = None  # of its own; never shown again. Left out: as they are
    mode: Literal["structured", "binary"] = "structured"  # of CloudEvents
    ed25519: bool = False  # sign for a public key too (v1a)
    order: Literal["interaction", "strict", "none"] = "interaction"  # what waits for what
    rate: _Rate = None
    final_statuses: list[_Status] = Field(default=[], max_length=100)  # not tried again after these
    content_type: Literal["application/cloudevents+json", "application/json"] = Field(
        default="application/cloudevents+json",
        description="What a structured body is said to be. Some frameworks parse `application/json` alone,"
        " and take any other body for an empty one, without an error.",
    )
    members: _Paths = Field(
        default=[],
        description="Only these members of an event, such as `interaction.state`, beside those that say which"
        " event it is. Empty: all.",
    )
    omit: _Paths = Field(
        default=[], description="All but these members, such as `vendor`, the platform's own frame."
    )

    mask: list[Literal["identifier", "personal", "content", "secret"]] = Field(
        default=[],
        max_length=4,
        description="Fields of these classes are masked in every event that is sent from now on, older ones"
        " too, and the platform's own words are left out.",
    )
    drop: list[Literal["identifier", "personal", "content", "secret"]] = Field(
        default=[], max_length=4, description="The same, but such fields are left out."
    )

    connection: str = Field(
        default="",
        max_length=40,
        description="How it is connected to, by a name that the operator configured.",
    )
    handshake: bool = Field(
        default=False,
        description="Ask the receiver for leave first, by `OPTIONS` with `WebHook-Request-Origin`; without"
        " its `WebHook-Allowed-Origin` nothing is sent. Its `WebHook-Allowed-Rate` is kept to.",
    )

    @field_validator("headers")
    @classmethod
    def _may_be_set(cls, value: dict[str, SecretStr] | None) -> dict[str, SecretStr] | None:
        if value is None:
            return None
        made = checked({name: one.get_secret_value() for name, one in value.items()})
        return {name: SecretStr(one) for name, one in made.items()}

    @field_validator("members", "omit")
    @classmethod
    def _are_there(cls, value: list[str], info: ValidationInfo) -> list[str]:
        members.checked(value, omit=info.field_name == "omit")
        return value

    def plain_headers(self, before: Mapping[str, str]) -> dict[str, str]:
        """The headers to send; those from before where none are given."""
        if self.headers is None:
            return dict(before)
        return {name: one.get_secret_value() for name, one in self.headers.items()}


class DeclaredWebhook(WebhookSpec):
    """What a subscriber asks for when he makes one."""

    id: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
        description="Yours, so that a deployment can declare its webhooks. Left out: one of ours.",
    )
    secret: OwnSecret | None = Field(
        default=None,
        description="Yours, to sign with: `whsec_` and 24 to 64 random bytes in base64. Else one of ours.",
    )


class WebhookPatch(BaseModel):
    """Any members of a webhook's, to be merged into it (RFC 7396). `null` gives one its default back."""

    model_config = ConfigDict(frozen=True, json_schema_extra=lambda schema: schema.update(_patch_schema()))


def _patch_schema() -> dict[str, object]:
    """The members of the specification, each of which may be left out, or null."""
    properties: dict[str, dict[str, object]] = WebhookSpec.model_json_schema()["properties"]
    nullable = {
        name: {"anyOf": [{key: value for key, value in one.items() if key != "default"}, {"type": "null"}]}
        for name, one in properties.items()
        if name != "url"
    }
    return {"properties": {"url": properties["url"], **nullable}, "additionalProperties": False}


class Rotation(BaseModel):
    """A new secret."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    secret: OwnSecret | None = Field(
        default=None, description="Yours, as when a webhook is made. Left out: one of ours."
    )


class Owned(TypedDict):
    """The part of a webhook that is its owner's to set, but for its secrets and members."""

    url: str
    name: str
    events: tuple[str, ...]
    platform_ids: tuple[str, ...]
    agent_ids: tuple[str, ...]
    teams: tuple[str, ...]
    media: tuple[Media, ...]
    content: Content
    headers: dict[str, str]
    mode: WebhookMode
    order: Order
    rate: Rate | None
    final_statuses: tuple[int, ...]
    content_type: ContentType
    connection: str
    handshake: bool
    mask: tuple[FieldClass, ...]
    drop: tuple[FieldClass, ...]


def owned(spec: WebhookSpec, headers_before: Mapping[str, str]) -> Owned:
    """As it is kept."""
    rate = None
    if spec.rate is not None:
        rate = Rate(per_second=spec.rate.per_second, burst=spec.rate.burst)
    return Owned(
        url=spec.url,
        name=spec.name,
        events=tuple(spec.events),
        platform_ids=tuple(spec.platform_ids),
        agent_ids=tuple(spec.agent_ids),
        teams=tuple(spec.teams),
        media=tuple(spec.media),
        content=spec.content,
        headers=spec.plain_headers(headers_before),
        mode=WebhookMode(spec.mode),
        order=Order(spec.order),
        rate=rate,
        final_statuses=tuple(spec.final_statuses),
        content_type=ContentType(spec.content_type),
        connection=spec.connection,
        handshake=spec.handshake,
        mask=tuple(map(FieldClass, spec.mask)),
        drop=tuple(map(FieldClass, spec.drop)),
    )


def spec_of(webhook: Webhook) -> dict[str, object]:
    """What its owner would have to ask for to get it as it is, in JSON's types; headers with their values."""
    return {
        "url": webhook.url,
        "name": webhook.name,
        "events": list(webhook.events),
        "platform_ids": list(webhook.platform_ids),
        "agent_ids": list(webhook.agent_ids),
        "teams": list(webhook.teams),
        "media": list(webhook.media),
        "content": msgspec.to_builtins(webhook.content),
        "headers": dict(webhook.headers),
        "mode": webhook.mode.value,
        "ed25519": bool(webhook.secrets[0].private_key),
        "order": webhook.order.value,
        "rate": None if webhook.rate is None else msgspec.to_builtins(webhook.rate),
        "final_statuses": list(webhook.final_statuses),
        "content_type": webhook.content_type.value,
        "members": list(webhook.members[0].only),
        "omit": list(webhook.members[0].omit),
        "connection": webhook.connection,
        "handshake": webhook.handshake,
    }


def merged(target: object, patch: object) -> object:
    """A JSON merge patch applied (RFC 7396): null takes a member away, another value takes its place."""
    if not isinstance(patch, dict):
        return patch
    made = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            made.pop(name, None)
        else:
            made[name] = merged(made.get(name), value)
    return made


def choices(spec: WebhookSpec, before: tuple[Members, ...], last: Cursor) -> tuple[Members, ...]:
    """Which members are sent, from the event after `last` on; what was chosen before holds for older ones."""
    newest = Members(only=tuple(spec.members), omit=tuple(spec.omit), after=last)
    if before and msgspec.structs.replace(before[0], after=last) == newest:
        return before
    return (newest, *before)[:MAX_CHOICES]


def differences(spec: WebhookSpec, webhook: Webhook) -> list[str]:
    """The names of what a webhook has otherwise than it is asked for. No order is meant in lists."""
    kept = msgspec.structs.asdict(webhook)
    kept |= {
        "ed25519": bool(webhook.secrets[0].private_key),
        "members": webhook.members[0].only,
        "omit": webhook.members[0].omit,
    }
    wanted = owned(spec, {}) | {"ed25519": spec.ed25519, "members": spec.members, "omit": spec.omit}
    differ = [name for name, value in wanted.items() if _plain(value) != _plain(kept[name])]
    if isinstance(spec, DeclaredWebhook) and spec.secret is not None:
        same = compare_digest(spec.secret.get_secret_value(), webhook.secrets[0].secret)
        return differ if same else [*differ, "secret"]
    return differ


def digest(spec: WebhookSpec) -> str:
    """Tells one request from another, while its key is remembered. Defaults may be written or not."""
    said = spec.model_dump(mode="json", exclude_defaults=True) | {"headers": spec.plain_headers({})}
    if isinstance(spec, DeclaredWebhook) and spec.secret is not None:
        said["secret"] = spec.secret.get_secret_value()
    return sha256(msgspec.json.encode(said, order="sorted")).hexdigest()


def _plain(value: object) -> object:
    return frozenset(value) if isinstance(value, (list, tuple)) else value
