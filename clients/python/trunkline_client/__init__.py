"""A client of Trunkline, the gateway between CRMs and contact-centre platforms.

    async with Trunkline("https://gateway.example", key="tlk_...") as t:
        async for event in t.events(Filter(types=("interaction.alerting",))):
            ...

What is told and said is in `trunkline_client.model`, a module per subject, and what is raised in
`trunkline_client.errors`. The names below are what a program begins with.
"""

from trunkline_client.client import Trunkline
from trunkline_client.deliveries import Delivered, verify_webhook
from trunkline_client.model.stream import Filter, StreamGap, StreamSnapshot
from trunkline_client.questions import cancel, skip, submit
from trunkline_client.reading import type_of
from trunkline_client.stream import Events

__all__ = [
    "Delivered",
    "Events",
    "Filter",
    "StreamGap",
    "StreamSnapshot",
    "Trunkline",
    "cancel",
    "skip",
    "submit",
    "type_of",
    "verify_webhook",
]
