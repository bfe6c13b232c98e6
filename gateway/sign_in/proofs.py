"""Passwords that a platform was seen to accept, so that the same one can take a session over later.

A platform that has an agent signed in already may not look at a password again. Kept is a salted, slow
digest, in memory only: what guesses a password is not for backups. So after a restart nothing is known until
the agent signs in anew, and whoever wants a session taken over meanwhile is told to do that.
"""

import asyncio
import hashlib
import hmac
import secrets
from typing import Final, NamedTuple

from schemas.ids import AgentId, PlatformId

MOST: Final = 10_000
_SALT_BYTES: Final = 16


class Proof(NamedTuple):
    """What is known of one agent's password."""

    salt: bytes
    digest: bytes
    origin: str  # the sign-in that it was accepted for


class Proofs:
    """Those of all agents; the oldest goes when there are too many."""

    def __init__(self) -> None:
        self._proofs: dict[tuple[PlatformId, AgentId], Proof] = {}

    async def keep(self, platform_id: PlatformId, agent_id: AgentId, password: str, origin: str) -> None:
        """The platform has accepted it."""
        salt = secrets.token_bytes(_SALT_BYTES)
        digest = await _digest(password, salt)
        self._proofs.pop((platform_id, agent_id), None)
        if len(self._proofs) >= MOST:
            del self._proofs[next(iter(self._proofs))]
        self._proofs[platform_id, agent_id] = Proof(salt, digest, origin)

    def origin(self, platform_id: PlatformId, agent_id: AgentId) -> str:
        """The last sign-in of the agent; empty: none is known."""
        proof = self._proofs.get((platform_id, agent_id))
        return "" if proof is None else proof.origin

    async def proves(self, platform_id: PlatformId, agent_id: AgentId, password: str) -> bool | None:
        """Whether it is the one that was accepted last; None: none was."""
        proof = self._proofs.get((platform_id, agent_id))
        if proof is None:
            return None
        return hmac.compare_digest(proof.digest, await _digest(password, proof.salt))


async def _digest(password: str, salt: bytes) -> bytes:
    return await asyncio.to_thread(hashlib.scrypt, password.encode(), salt=salt, n=2**14, r=8, p=1)
