"""The test clients there are."""

from collections.abc import Mapping
from typing import Final

from tests.e2e.clients.bright_pattern import BrightPattern
from tests.e2e.clients.channel_session import ChannelSession
from tests.e2e.clients.genesys_wwe import GenesysWwe
from tests.e2e.clients.page import Page

CLIENTS: Final[Mapping[str, type[Page]]] = {
    one.dialect: one for one in (BrightPattern, GenesysWwe, ChannelSession)
}
