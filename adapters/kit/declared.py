"""What a dialect can say in both roles, from its rows and its `coverage.toml`."""

from collections.abc import Mapping, Sequence

from adapters.contract.capabilities import Capabilities, Vocabulary
from adapters.kit import coverage
from adapters.kit.methods import Method, RequestT, ScopeT, abilities, words_north, words_south


def declared(
    package: str,
    table: Sequence[Method[ScopeT, RequestT]],
    names: Mapping[str, object],
    voice_only: frozenset[str] = frozenset(),
    *,
    pause_unseen: bool = False,
) -> tuple[Capabilities, dict[str, Vocabulary]]:
    """Both, for the binding. `names` is what the file may refer to: the namespace that has the rows.

    Raises as `coverage.load` does, and ValueError for a command or event that neither knows.
    """
    said = coverage.load(package, names)
    south, north = words_south(table), words_north(table)
    capabilities = Capabilities(
        commands_south=abilities(south, said["south"].commands),
        events_south=said["south"].told,
        commands_north=abilities(north, said["north"].commands),
        events_north=said["north"].told,
        voice_only=voice_only,
        pause_unseen=pause_unseen,
    )
    return capabilities, {
        "south": said["south"].vocabulary(south),
        "north": said["north"].vocabulary(north),
    }
