"""What a demonstration of this dialect does."""

from typing import Final

from adapters.contract.demo_script import Await, DemoScript, Do, Offer
from schemas.interaction import InteractionState as S
from schemas.results import ErrorCode

DEMO: Final = DemoScript(
    title="A call with attached data, a third party, and a veto on mark-done; then a chat",
    agents=("kim", "lee"),
    switch={
        "agents": [
            {"id": "kim", "name": "Kim Park", "extension": "201"},
            {"id": "lee", "name": "Lee Novak", "extension": "202"},
        ],
        "answer_after_s": 0.2,
    },
    platform={},
    steps=(
        Offer(label="call", agent="kim", ani="+15550143", dnis="+15550198"),
        Do(verb="interaction.accept", agent="kim", on="call"),
        Await(label="call", state=S.CONNECTED),
        Do(
            verb="interaction.set_data",
            agent="kim",
            on="call",
            args={"data": {"Segment": "Gold", "Order": "A-17"}},
        ),
        Do(
            verb="interaction.single_step_conference",
            agent="kim",
            on="call",
            args={"destination": "+15550161"},
        ),
        Do(
            verb="interaction.block_completion",
            agent="kim",
            on="call",
            args={"message": "The order number has to be checked first"},
        ),
        Do(verb="interaction.release", agent="kim", on="call"),
        Await(label="call", state=S.WRAP_UP),
        Do(verb="interaction.complete", agent="kim", on="call", refused=ErrorCode.COMPLETION_BLOCKED),
        Do(verb="interaction.unblock_completion", agent="kim", on="call"),
        Do(verb="interaction.complete", agent="kim", on="call"),
        Await(label="call", state=S.COMPLETED),
        Offer(label="chat", agent="kim", media="chat", ani="visitor-8@shop.example"),
        Do(verb="interaction.accept", agent="kim", on="chat"),
        Await(label="chat", state=S.CONNECTED),
        Do(verb="interaction.complete", agent="kim", on="chat"),
        Await(label="chat", state=S.COMPLETED),
    ),
)
