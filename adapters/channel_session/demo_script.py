"""What a demonstration of this dialect does."""

from typing import Final

from adapters.contract.demo_script import Await, DemoScript, Do
from schemas.interaction import InteractionState as S

DEMO: Final = DemoScript(
    title="A dial that needs an outbound skill, a completion that needs a disposition and a state after it",
    agents=("mia",),
    switch={
        "agents": [
            {
                "id": "mia",
                "name": "Mia Larsen",
                "extension": "301",
                "password": "demo",
                "skills": ["sales", "service"],
                "logged_in": False,
            }
        ],
        "services": [
            {
                "id": "sales",
                "name": "Sales",
                "outbound": True,
                "dispositions": [
                    {"id": "7", "name": "Sold", "priority": 1},
                    {"id": "8", "name": "Not interested", "priority": 2},
                ],
                "disposition_required": True,
                "acw": True,
            },
            {"id": "service", "name": "Service", "outbound": True},
        ],
        "answer_after_s": 0.2,
        "not_ready_reasons": ["break"],
    },
    platform={"agents": {"mia": "demo"}, "incontact": True},
    steps=(
        Do(
            verb="interaction.dial",
            agent="mia",
            args={"destination": "+15550144"},
            answers=({"skill": "sales"},),
            creates="call",
        ),
        Await(label="call", state=S.CONNECTED),
        Do(verb="interaction.release", agent="mia", on="call"),
        Await(label="call", state=S.WRAP_UP),
        Do(
            verb="interaction.complete",
            agent="mia",
            on="call",
            answers=({"disposition": "7", "notes": "Sold two of them"}, {"agent_state": "ready"}),
        ),
        Await(label="call", state=S.COMPLETED),
    ),
)
