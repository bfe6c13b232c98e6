"""What is written in a chat or an e-mail, as each agent in it is told."""

from msgspec.structs import replace

from adapters.softswitch.model import Call, Leg
from adapters.softswitch.switch import Switch
from adapters.softswitch.wire import NULL
from schemas.ids import Ref
from schemas.messages import Author, Message
from schemas.observations import MessageObserved


def say(switch: Switch, call: Call, who: Leg | None, text: str, subject: str = "") -> str:
    """An agent in the call writes, or the customer. Returns the id of the message."""
    message = Message(
        id=call.root.say("customer" if who is None else who.agent.id, text),
        text=text,
        subject=subject,
        time=switch.now,
    )
    for leg in call.legs:
        if leg.talking:
            _tell(switch, leg, who, message)
    return message.id


def tell_earlier(switch: Switch, leg: Leg) -> None:
    """Who takes it reads what was written before."""
    call, root = leg.call, leg.call.root
    first = root.said - len(root.transcript) + 1
    for number, (who, text) in enumerate(root.transcript, first):
        author = next((one for one in call.legs if one.agent.id == who), None)
        body_url = root.body_url if number == 1 else ""
        message = Message(id=f"{root.ref}-m{number}", text=text, subject=call.subject, body_url=body_url)
        _tell(switch, leg, author, message)


def _tell(switch: Switch, leg: Leg, who: Leg | None, message: Message) -> None:
    if who is leg:
        told = replace(message, author=Author.AGENT)
    elif who is not None:
        told = replace(message, author=Author.COLLEAGUE, party_id=who.agent.id)
    else:
        customer = next((one.id for one in leg.call.outsiders), "")
        told = replace(message, author=Author.CUSTOMER, party_id=customer)
    switch.notices.append(MessageObserved(agent=Ref(leg.agent.id), vendor=NULL, ref=leg.ref, message=told))
