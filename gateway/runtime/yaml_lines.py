"""YAML with the line of each key, so that a mistake can be shown where it is."""

from typing import Self

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode


class _StrictLoader(yaml.SafeLoader):
    """YAML in which a key may not be given twice: one of the two would be lost in silence."""

    def flatten_mapping(self, node: MappingNode) -> None:
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, ScalarNode):
                continue  # refused in its turn
            if (key.tag, key.value) in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key.value!r} is given twice", key.start_mark
                )
            seen.add((key.tag, key.value))
        super().flatten_mapping(node)


class Lines:
    """A document, and where things stand in it."""

    def __init__(self, value: object = None, node: Node | None = None) -> None:
        self.value = value
        self._node = node

    @classmethod
    def read(cls, text: bytes) -> Self:
        """Raises yaml.YAMLError, UnicodeDecodeError."""
        loader = _StrictLoader(text)
        try:
            node = loader.get_single_node()
            value = None if node is None else loader.construct_document(node)
        finally:
            loader.dispose()
        return cls(value, node)

    def line_of(self, place: str) -> int | None:
        """The line of a place such as `server.port`, or of what is nearest around it; None: of nothing."""
        node, line, rest = self._node, None, place
        while rest and node is not None:
            found = _find(node, rest)
            if found is None:
                break
            node, line, rest = found
        return line


def _find(node: Node, place: str) -> tuple[Node, int, str] | None:
    """What stands there under the first name of a place: the node, its line, the rest of the place."""
    if isinstance(node, SequenceNode):
        first, _, rest = place.partition(".")
        if not first.isdigit() or int(first) >= len(node.value):
            return None
        one = node.value[int(first)]
        return one, one.start_mark.line + 1, rest
    if isinstance(node, MappingNode):
        for key, value in node.value:
            name = key.value if isinstance(key, ScalarNode) else None
            if name is not None and (place == name or place.startswith(f"{name}.")):  # a name may hold a dot
                return value, key.start_mark.line + 1, place[len(name) + 1 :]
    return None
