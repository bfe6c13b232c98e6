"""The dialects and the CRMs there are: explicit tuples, and the only shared module that names vendors."""

from typing import Final

from adapters.bright_pattern.binding import DIALECT as BRIGHT_PATTERN
from adapters.bright_pattern.embedded.binding import DIALECT as BRIGHT_PATTERN_EMBEDDED
from adapters.channel_session.binding import DIALECT as CHANNEL_SESSION
from adapters.contract.crm import Connector
from adapters.contract.dialect import ErasedDialect
from adapters.crm.rest.connector import CONNECTOR as REST
from adapters.crm.zammad.connector import CONNECTOR as ZAMMAD
from adapters.genesys_wwe.binding import DIALECT as GENESYS_WWE
from adapters.softswitch.binding import DIALECT as SOFTSWITCH

DIALECTS: Final[tuple[ErasedDialect, ...]] = (
    BRIGHT_PATTERN,
    BRIGHT_PATTERN_EMBEDDED,
    GENESYS_WWE,
    CHANNEL_SESSION,
    SOFTSWITCH,
)
CONNECTORS: Final[tuple[Connector, ...]] = (REST, ZAMMAD)
