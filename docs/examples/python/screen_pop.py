"""Screen pop: show the caller's record as soon as an agent's telephone rings.

    TRUNKLINE_URL=http://127.0.0.1:8080 AGENT=ana python screen_pop.py

With the snapshot it also shows what rings already when it starts, or when events were missed.
"""

import asyncio
import os
from urllib.parse import quote

from trunkline_client import Filter, StreamSnapshot, Trunkline
from trunkline_client.model.events import InteractionAlerting
from trunkline_client.model.interaction import Interaction, InteractionState


def pop(call: Interaction) -> None:
    """In earnest: tell the CRM's page to open this."""
    print(f"open https://crm.example/search?phone={quote(call.remote_address)}", flush=True)


async def main() -> None:
    """Until it is stopped."""
    url, key = os.environ["TRUNKLINE_URL"], os.environ.get("TRUNKLINE_KEY", "")
    wanted = Filter(agents=(os.environ["AGENT"],), types=("interaction.alerting",))
    async with Trunkline(url, key=key) as t:
        async for told in t.events(wanted, snapshot=True):
            if isinstance(told, InteractionAlerting):
                pop(told.interaction)
            elif isinstance(told, StreamSnapshot):
                for one in told.interactions:
                    if one.state is InteractionState.ALERTING:
                        pop(one)


asyncio.run(main())
