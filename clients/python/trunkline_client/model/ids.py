"""One NewType per identifier.

Made by `make clients` of what the gateway itself reads and writes; not to be changed by hand.
"""

from typing import NewType

PlatformId = NewType("PlatformId", str)  # chosen by the operator in the configuration
AgentId = NewType("AgentId", str)  # the platform's name for the agent, as its people know it
SessionId = NewType("SessionId", str)
InteractionId = NewType("InteractionId", str)
RootId = NewType("RootId", str)  # the customer's whole contact, across transfers
EventId = NewType("EventId", str)
CommandId = NewType("CommandId", str)
NeedInfoId = NewType("NeedInfoId", str)
QueryId = NewType("QueryId", str)
WebhookId = NewType("WebhookId", str)
DeliveryId = NewType("DeliveryId", str)
Ref = NewType("Ref", str)
Cursor = NewType("Cursor", int)  # the journal's position; grows by one an event
Resume = NewType("Resume", str)  # a cursor, and of which journal: ours, and opaque to clients
