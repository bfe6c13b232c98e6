"""Which of our interactions a platform means: its ids, as they are now and across a reload of its page."""

from gateway.ids import Minter
from schemas.ids import InteractionId, Ref, SessionId
from schemas.interaction import Interaction


class Identity:
    """An index from a platform's ids to ours, per agent session."""

    def __init__(self, minter: Minter) -> None:
        self._minter = minter
        self._by_ref: dict[tuple[SessionId, Ref], InteractionId] = {}
        self._by_durable: dict[tuple[SessionId, Ref], InteractionId] = {}

    def find(self, session: SessionId, ref: Ref, durable: Ref | None = None) -> InteractionId | None:
        """Ours, by the present id or else by the durable one. Looking remembers nothing: see `bind`."""
        known = self._by_ref.get((session, ref))
        if known is None and durable is not None:
            known = self._by_durable.get((session, durable))
        return known

    def mint(self, session: SessionId, ref: Ref) -> InteractionId:
        """Ours, made now if there is none."""
        known = self._by_ref.get((session, ref))
        if known is None:
            known = self._by_ref[session, ref] = self._minter.interaction()
        return known

    def bind(self, interaction: Interaction) -> None:
        """Remember an interaction's ids, as they are in its snapshot."""
        self._by_ref[interaction.session_id, interaction.ref] = interaction.id
        if interaction.durable_ref is not None:
            self._by_durable[interaction.session_id, interaction.durable_ref] = interaction.id

    def forget(self, interaction: Interaction) -> None:
        """Drop its ids, unless the platform has given them to another since."""
        for index, ref in ((self._by_ref, interaction.ref), (self._by_durable, interaction.durable_ref)):
            if ref is not None and index.get((interaction.session_id, ref)) == interaction.id:
                del index[interaction.session_id, ref]
