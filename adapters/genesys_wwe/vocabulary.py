"""What becomes of every name of this API, in both roles. The names of methods are those of the library's 74.

An event is its channel and eventType; an error is a situation of reference 2.4, since the vendor has texts
and no codes.
"""

from collections.abc import Mapping
from typing import Final

from adapters.capabilities import Vocabulary
from adapters.genesys_wwe import vocabulary_north, vocabulary_south

VOCABULARY: Final[Mapping[str, Vocabulary]] = {
    "south": Vocabulary(vocabulary_south.METHODS, vocabulary_south.EVENTS, vocabulary_south.ERRORS),
    "north": Vocabulary(vocabulary_north.METHODS, vocabulary_north.EVENTS, vocabulary_north.ERRORS),
}
