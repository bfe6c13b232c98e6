"""The environment over the file: `TRUNKLINE_SERVER__PORT=9000` is `server.port`.

Two underscores lead from a section to what is in it, in any case of letters. A variable that leads to what is
not there is a mistake. One without two underscores is nobody's, unless it names a section: a Kubernetes
service of the name trunkline sets `TRUNKLINE_PORT=tcp://...` and the like in every pod beside it.
"""

import json
from collections.abc import Mapping
from typing import Final, get_origin

from pydantic import BaseModel

from gateway.runtime.mistakes import Kind, bare, branches, members, near, values
from schemas.errors import ConfigError

PREFIX: Final = "TRUNKLINE_"
_INTO: Final = "__"


class Environment:
    """The variables that say something of the configuration, and the place that each stands for."""

    def __init__(self, model: type[BaseModel], variables: Mapping[str, str]) -> None:
        self._model = model
        self._variables = {
            name: text for name, text in sorted(variables.items()) if _ours(name, members(model) or {})
        }
        self._names: dict[str, str] = {}  # variables, by place

    def over(self, raw: Mapping[str, object]) -> dict[str, object]:
        """What the file says, with what the variables say over it. Raises ConfigError with every mistake."""
        merged: dict[str, object] = dict(raw)
        wrong: list[str] = []
        for name, text in self._variables.items():
            try:
                self._set(merged, name, text)
            except ConfigError as error:
                wrong.append(f"environment: {name}: {error}")
        if wrong:
            raise ConfigError("\n".join(wrong))
        return merged

    def variable_of(self, place: str) -> str | None:
        """The variable that says what stands at a place, or around it; None: it is the file's."""
        while place:
            if place in self._names:
                return self._names[place]
            place = place.rpartition(".")[0]
        return None

    def unread(self, variables: Mapping[str, str]) -> list[str]:
        """What looks as if it were meant for us, and is not read: one underscore where two lead further."""
        found = []
        for name in sorted(variables):
            rest = name.removeprefix(PREFIX).lower()
            section, _, key = rest.partition("_")
            inside = members((members(self._model) or {}).get(section)) or {}
            if name.startswith(PREFIX) and _INTO not in name and key in inside:
                said = variables[name]
                if not said.startswith("tcp://"):
                    meant = f"{PREFIX}{section}{_INTO}{key}".upper()
                    found.append(f"{name} is not read; is it {meant}?")
        return found

    def _set(self, merged: dict[str, object], name: str, text: str) -> None:
        at: dict[str, object] = merged
        kind: Kind = self._model
        path = [part.lower() for part in name.removeprefix(PREFIX).split(_INTO)]
        keys: list[str] = []
        for number, part in enumerate(path):
            named = members(kind)
            if named is not None and part not in named:
                raise ConfigError(f"{'.'.join((*keys, part))} is not known{near(part, named)}")
            key = next((one for one in at if one.lower() == part), part)  # as the file spells it
            keys.append(key)
            kind = _inside(kind, part)
            if number == len(path) - 1:
                at[key] = _value(text, kind)
                break
            inner = at.get(key)
            at[key] = at = dict(inner) if isinstance(inner, dict) else {}
        self._names[".".join(keys)] = name


def _ours(name: str, sections: Mapping[str, Kind]) -> bool:
    if not name.startswith(PREFIX):
        return False
    rest = name.removeprefix(PREFIX)
    return _INTO in rest.strip("_") or rest.lower() in sections


def _inside(kind: Kind, part: str) -> Kind:
    named = members(kind)
    if named is not None:
        return named[part]
    return next((found for one in branches(kind) if (found := values(one)) is not None), None)


def _value(text: str, kind: Kind) -> object:
    """JSON where a list or a mapping is wanted, or may be and is begun; else the text."""
    free = kind in (None, object)
    wanted = [members(one) is not None or get_origin(bare(one)) in _MANY for one in branches(kind)]
    begun = text.lstrip().startswith(("{", "["))
    if not (all(wanted) or (begun and (free or any(wanted)))):
        return text
    try:
        value: object = json.loads(text)
    except ValueError:
        if not all(wanted):
            return text
        raise ConfigError("must be JSON, as a list or a mapping is wanted") from None
    return value


_MANY: Final = (list, tuple, dict, set, frozenset)
