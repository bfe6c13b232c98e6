"""South: what the connections with pages behind a relay have in common. Sans-IO.

Their own calls have a deadline and say whose page it is (adapters.kit.handshake); the core's calls are
remembered until they are answered, and end interactions (adapters.kit.end_causes). What each frame means, the
dialect says.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Generic, TypeVar

import msgspec

from adapters.contract.dialect import Call, PlatformOutput
from adapters.kit import jsonrpc, reading
from adapters.kit.end_causes import Endings
from adapters.kit.handshake import Handshake, earliest
from schemas.errors import MalformedFrame
from schemas.ids import AgentId, Ref
from schemas.interaction import EndCause
from schemas.queries import AnyQueryAnswer

T = TypeVar("T")
HeldT = TypeVar("HeldT")


class Relayed(ABC, Generic[HeldT]):
    """PlatformConnection with one page, but for the dialect's own. `HeldT`: what is held of a frame.

    `who` are the calls that say whose page it is, `state` those that say how things stand.
    """

    def __init__(
        self,
        dialect: str,
        hint: AgentId | None,
        *,
        who: Sequence[str] = (),
        state: Sequence[str] = (),
        patient: bool = False,
    ) -> None:
        self._dialect, self._who, self._state = dialect, who, state
        self._handshake: Handshake[HeldT] = Handshake(hint, patient=patient)
        self._calls: dict[int, Call] = {}  # of the core
        self._endings = Endings()
        self._mended = reading.Mended()
        self._remarks = reading.Remarks()
        self.remarks = self._remarks.take

    def opened(self, now: datetime) -> Sequence[PlatformOutput]:
        """Ask for everything at once; the relay has subscribed to the events already."""
        self._handshake.now = now
        return self._handshake.begin(*self._who, *self._state)

    def refresh(self, now: datetime) -> Sequence[PlatformOutput]:
        """Ask again for all but who it is."""
        self._handshake.now = now
        return self._handshake.begin(*self._state)

    def received(self, frame: bytes, now: datetime) -> Sequence[PlatformOutput]:
        """Read one frame. Raises MalformedFrame; the connection goes on as if it had not come."""
        self._handshake.now = now
        message = jsonrpc.decode(self._dialect, frame)
        outputs = self._with_causes(self._received(message, msgspec.Raw(frame)), now)
        self._remarks.add(*self._mended.told(message.method or "answer"))
        return outputs

    def send(self, call: Call, call_id: int) -> bytes:
        """The frame of a call."""
        self._calls[call_id] = call
        self._endings.sent(call_id, self._ends(call))
        return jsonrpc.request(call_id, call.method, call.params)

    def forget(self, call_id: int) -> None:
        """Nobody waits for that answer any more; a late one is dropped."""
        self._endings.forget(call_id)
        call = self._calls.pop(call_id, None)
        if call is not None:
            self._unanswered(call)

    def answer(self, token: str, answer: AnyQueryAnswer | None) -> Sequence[PlatformOutput]:
        """A dialect that asks something says how it is answered."""
        del token, answer
        return []

    def due(self) -> datetime | None:
        """When a call of our own, or an end, has waited long enough for an answer."""
        return earliest(self._handshake.due(), self._endings.due())

    def advance(self, now: datetime) -> Sequence[PlatformOutput]:
        """A page that does not answer is given up: the relay connects again, and everything is asked anew."""
        return [*self._endings.advance(now), *self._handshake.advance(now)]

    # --- the dialect's

    @abstractmethod
    def _received(self, message: jsonrpc.Message, frame: msgspec.Raw) -> Iterable[PlatformOutput]:
        """What a frame means. Raises MalformedFrame."""

    def _with_causes(self, outputs: Iterable[PlatformOutput], now: datetime) -> Sequence[PlatformOutput]:
        """What is to be told now, with the causes of ends; a dialect without calls that end has none."""
        return self._endings.through(outputs, now)

    def _ends(self, call: Call) -> Mapping[Ref, EndCause]:
        """A call goes out: the interactions that it ends if it succeeds, and by what. Perhaps none."""
        del call
        return {}

    def _unanswered(self, call: Call) -> None:
        """Nobody waits for the answer to that call any more."""

    # --- for its use

    def _read(self, decoder: msgspec.json.Decoder[T], raw: msgspec.Raw, where: str) -> T:
        """Decode, what does not fit left out and noted. Raises MalformedFrame saying where."""
        try:
            return reading.decode(decoder, raw, self._mended)
        except msgspec.DecodeError as error:
            raise self._unreadable(where, error) from error

    def _unreadable(self, where: str, error: msgspec.DecodeError) -> MalformedFrame:
        """It is lost: nothing of it was mended."""
        self._mended.clear()
        return MalformedFrame(self._dialect, where, str(error))
