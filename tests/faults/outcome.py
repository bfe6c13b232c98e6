"""What a scenario found, once its world has settled."""

from dataclasses import dataclass, field

from tests.faults.findings import Findings
from tests.faults.world import World


@dataclass
class Outcome:
    """What a scenario found."""

    kills: int = 0
    events: int = 0
    findings: Findings = field(default_factory=Findings)
    unmet: list[str] = field(default_factory=list)  # what else was expected in vain

    @property
    def line(self) -> str:
        """Its figures."""
        found = self.findings
        return (
            f"kills={self.kills} events={self.events} lost={len(found.lost)}"
            f" duplicated={len(found.duplicated)} reordered={len(found.reordered)}"
            f" commands_twice={len(found.commands_twice)} live_in_time={found.live_in_time:.3f}"
        )


async def concluded(there: World, expected: str | None = None) -> Outcome:
    """`expected`: what the gateway may complain of."""
    findings = await there.settle()
    complaints = [line for line in there.gateway.complaints() if expected is None or expected not in line]
    unmet = there.notes.unmet + [f"the gateway logged {line}" for line in complaints[:3]]
    unmet += [f"journal verify: {line}" for line in await there.gateway.journal_findings()]
    return Outcome(there.gateway.kills, there.events, findings, unmet)
