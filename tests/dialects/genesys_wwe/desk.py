"""A WWE client over a WWE platform: the page's frames in, what the client gets out, all between them real."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from adapters.contract.change import changes
from adapters.contract.dialect import PlatformOutput
from adapters.genesys_wwe.binding import DIALECT
from adapters.genesys_wwe.client import Client
from adapters.genesys_wwe.encode import own_event_encoder
from adapters.genesys_wwe.settings import Settings
from adapters.genesys_wwe.tables import CHANNELS, NAME
from gateway.facades.view import PlatformView
from gateway.runtime.ids import Minter
from gateway.state.fold import State
from schemas import events as ev
from schemas.ids import PlatformId
from schemas.interaction import Interaction
from schemas.observations import InteractionObserved, Observation
from schemas.values import Json
from tests.dialects.genesys_wwe import stage
from tests.gateway.handmade import CAPABILITIES

P = PlatformId("p")
# A call with members of every sort: known, unknown, odd, empty, null and missing.
TALKING: dict[str, Json] = {
    "interactionId": "4",
    "parentInteractionId": None,
    "caseId": "4401820b-c4e6-4994-69c2-6ae7fdbc4905",
    "userData": {"Segment": "Gold", "Price": 12345678901234567890, "Notes": "x", "Empty": None},
    "state": "TALKING",
    "previousState": "",
    "parties": [{"name": "Kim Lee"}, {"name": "Ann", "role": "host"}],
    "isMainCaseInteraction": True,
    "callUuid": "u-1",
    "direction": "SIDEWAYS",
    "ronaCallState": None,
    "interactionUUID": "u-1",
    "contact": {"displayName": "Ann Bell", "firstNname": "Ann", "loyalty": 3},
    "mood": {"of": ["the", "caller"]},
}


class Desk:
    """One agent's page, and one client that subscribed to everything."""

    def __init__(self, interactions: Json = (), settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.state = State({P: CAPABILITIES}, {P: NAME}, Minter(), {P: DIALECT.naming})
        self.link = 1  # the number of the page load
        self.encode = own_event_encoder(self.settings)
        self.events: list[ev.AnyEvent] = []
        self.client = self.reload()
        self.connection, outputs = stage.connected(interactions, self.settings)
        self.told = self._take(outputs)

    def reload(self) -> Client:
        """The client's page is loaded anew."""
        view = PlatformView(self.state.snapshots, P, stage.AGENT, same_dialect=True)
        self.client = Client(self.settings, view, stage.AGENT)
        self.client.opened(stage.NOW)
        stage.ask(self.client, "subscribe", [*CHANNELS, "messenger:x"])
        return self.client

    def reconnect(self, interactions: Json) -> list[Json]:
        """The platform's page is loaded anew, and shows these; what the client is told."""
        self.connection, outputs = stage.connected(interactions, self.settings)
        self.link += 1
        self.state.meet(P, [one for one in outputs if isinstance(one, InteractionObserved)], self.link)
        return self._take(outputs)

    def see(self, frame: bytes, now: datetime = stage.NOW) -> list[Json]:
        """The page says something; what the client is told."""
        return self._take(self.connection.received(frame, now))

    def ask(self, method: str, *params: Json) -> Json:
        """The data of a request that needs no command."""
        [answer] = stage.ask(self.client, method, *params)
        assert isinstance(answer, dict)
        return answer["data"]

    def all(self) -> dict[str, Interaction]:
        """The interactions by the platform's handle."""
        return {one.ref: one for one in self.state.snapshots.interactions()}

    def _take(self, outputs: Sequence[PlatformOutput]) -> list[Json]:
        told: list[Json] = []
        events: list[ev.AnyEvent] = []
        for seen in outputs:
            if not isinstance(seen, Observation):
                continue
            events += self.state.observe(P, seen, stage.NOW, link=self.link)
        self.events += events
        for change in changes(events):
            told += [msgspec.json.decode(one) for one in self.client.change(change, self.encode(change))]
        return told
