"""What no store may hold of a command: passwords, and whatever a platform's own call has under such a name.

In its place stands a mark with twelve bits of a digest, salted by the command's id. That is enough to find
that another value came under the same idempotency key, and too little to guess a password by.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec.structs import replace

from schemas.commands import AnyCommand, Login, VendorCall
from schemas.ids import CommandId
from schemas.values import Json

_MARK: Final = re.compile(r"\[secret [0-9a-f]{3}\]")
_SECRET: Final = re.compile(
    r"pass(word|wd|phrase|code)|pwd|secret|token|credential|authori[sz]ation|api[_-]?key|private[_-]?key"
    r"|^(pass|pin|cookie)$",
    re.IGNORECASE,
)
_SIGNS_IN: Final = re.compile(r"log[_-]?[io]n|sign[_-]?[io]n|auth|password|credential", re.IGNORECASE)

_encode: Final = msgspec.json.Encoder(order="deterministic").encode


def blanked(command: AnyCommand, command_id: CommandId) -> AnyCommand:
    """The command as it may be kept; itself, if there is nothing to hide."""
    match command:
        case Login(password=password) if password:
            return replace(command, password="")
        case VendorCall(method=method, params=params) if params:
            # What a call that signs in is given by position has no name to know it by.
            kept = _kept(list(params), command_id, hidden=bool(_SIGNS_IN.search(method)))
            made = tuple(kept) if isinstance(kept, list) else ()
            return command if made == params else replace(command, params=made)
        case _:
            return command


def incomplete(command: AnyCommand) -> bool:
    """Whether a command from the store lacks what only its giver knows, so that it cannot be carried out."""
    match command:
        case Login():
            return True
        case VendorCall(params=params):
            return bool(_MARK.search(_encode(params).decode()))
        case _:
            return False


def _kept(value: Json, command_id: CommandId, *, hidden: bool = False) -> Json:
    match value:
        case Mapping():
            return {
                key: _mark(one, command_id)
                if _SECRET.search(key) and one not in (None, "")
                else _kept(one, command_id)
                for key, one in value.items()
            }
        case list() | tuple():
            return [_kept(one, command_id, hidden=hidden) for one in value]
        case str() if hidden and value:
            return _mark(value, command_id)
        case _:
            return value


def _mark(value: Json, command_id: CommandId) -> str:
    if isinstance(value, str) and _MARK.fullmatch(value):
        return value  # it was kept before
    return f"[secret {hashlib.sha256(command_id.encode() + _encode(value)).hexdigest()[:3]}]"
