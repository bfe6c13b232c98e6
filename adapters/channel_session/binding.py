"""The dialect, bound together for the registry."""

from typing import Final

from adapters.channel_session import client, encode, platform, tables
from adapters.channel_session.framing import framing
from adapters.channel_session.methods import CAPABILITIES, VOCABULARY
from adapters.channel_session.polling import POLLING
from adapters.channel_session.settings import ChannelSessionSettings
from adapters.contract.dialect import Dialect, LinkKind, Naming
from adapters.kit import demo, guides

DIALECT: Final = Dialect(
    name=tables.NAME,
    title="Channel/session protocol, with inContact",
    guides=guides.beside(__file__),
    settings=ChannelSessionSettings,
    link=LinkKind.DIAL,
    capabilities=CAPABILITIES,
    platform_connection=platform.ChannelSessionConnection,
    client_connection=client.ChannelSessionClient,
    event_encoder=encode.encoder,
    demo=demo.load(tables.PACKAGE),
    vocabulary=VOCABULARY,
    polling=POLLING,
    framing=framing,
    naming=Naming(lasting=True),
    checks_password=lambda _settings, _agent: True,  # "credentials valid": reference 1.5, prepareSession
    knows_password=ChannelSessionSettings.knows_password,
)
