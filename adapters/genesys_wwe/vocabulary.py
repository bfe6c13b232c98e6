"""What becomes of every name of this API, in both roles. The names of methods are those of the library's 74.

An event is its channel and eventType; an error is a situation of reference 2.4, since the vendor has texts
and no codes.
"""

from collections.abc import Mapping
from typing import Final

from adapters.contract.capabilities import Vocabulary
from adapters.genesys_wwe import vocabulary_north as north
from adapters.genesys_wwe import vocabulary_south as south
from adapters.genesys_wwe import vocabulary_types as types

VOCABULARY: Final[Mapping[str, Vocabulary]] = {
    "south": Vocabulary(south.METHODS, south.EVENTS, south.ERRORS, types.FIELDS_SOUTH, types.ENUMS_SOUTH),
    "north": Vocabulary(north.METHODS, north.EVENTS, north.ERRORS, types.FIELDS_NORTH, types.ENUMS_NORTH),
}
