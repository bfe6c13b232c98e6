"""What a demonstration of this dialect does."""

from typing import Final

from adapters.contract.demo_script import Await, DemoScript, Do, Offer
from schemas.interaction import InteractionState as S

DEMO: Final = DemoScript(
    title="An inbound call: accepted, held, transferred after a consultation",
    agents=("ana", "ben"),
    switch={
        "agents": [
            {"id": "ana", "name": "Ana Ruiz", "extension": "101"},
            {"id": "ben", "name": "Ben Okafor", "extension": "102"},
        ],
        "answer_after_s": 0.2,
        "not_ready_reasons": ["break", "training"],
    },
    platform={},
    steps=(
        Offer(label="call", agent="ana", ani="+15550142", dnis="+15550199", data={"case": "4711"}),
        Do(verb="interaction.accept", agent="ana", on="call"),
        Await(label="call", state=S.CONNECTED),
        Do(verb="interaction.hold", agent="ana", on="call"),
        Await(label="call", state=S.HELD),
        Do(verb="interaction.retrieve", agent="ana", on="call"),
        Do(
            verb="interaction.consult",
            agent="ana",
            on="call",
            args={"destination": "+15550160"},
            creates="consultation",
        ),
        Await(label="consultation", state=S.CONNECTED),
        Do(verb="interaction.complete_transfer", agent="ana", on="call"),
        Await(label="call", state=S.WRAP_UP),
        Do(verb="interaction.complete", agent="ana", on="call"),
        Await(label="call", state=S.COMPLETED),
        Do(
            verb="agent.set_state",
            agent="ben",
            args={"state": "not_ready", "reason": "break"},
        ),
    ),
)
