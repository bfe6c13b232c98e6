"""The matrix: beginning an interaction."""

from typing import Final

from schemas import commands as c
from schemas.commands import DestinationKind
from schemas.interaction import Record
from schemas.needinfo import NeedInfoKind
from schemas.values import Json
from tests.contract.any_to_any.scenes import IDLE, S
from tests.contract.any_to_any.words import (
    BP,
    CS,
    WWE,
    Refused,
    Row,
    Unsaid,
    after,
    call,
    calls,
    msg,
    rpc,
)

CHANNEL: Final = "s1.grp.voice"
NUMBER: Final = "+15550199"
MAIL: Final = "ann@example.com"
NO_START: Final = "no request begins one (cs 4.3)"
PLAIN: Final = "said as in the plain row"
_RECORD: Final[dict[str, Json]] = {
    "id": "003",
    "type": "contact",
    "displayName": "Carl Cole",
    "displayType": "Contact",
    "customFields": {"tier": "gold"},
}
_NO_SERVICE: Final[Json] = {"code": 11, "name": "no_service"}
_SERVICES: Final[Json] = [
    {"id": "sales", "name": "Sales", "useDispositions": False, "requireDisposition": False}
]

NO_CALLER_ID: Final = "a number per call is not in the API"
ROWS: Final = (
    Row(
        c.Dial(session_id=S, destination=NUMBER),
        IDLE,
        north={
            BP: (rpc("startCall", NUMBER), rpc("startCall", NUMBER, None)),
            WWE: (rpc("voice.dial", NUMBER, None), rpc("voice.dialEx", NUMBER, None, None)),
            CS: (
                msg("channel.dial", CHANNEL, destination=NUMBER),
                msg("channel.dial", CHANNEL, destination=NUMBER, extensions={}),
                msg("channel.request.dial", "s1.voice", destination=NUMBER),
            ),
        },
        south={
            BP: calls(call("startCall", NUMBER).answered({"id": "bp-9"}), ref="bp-9"),
            WWE: calls(call("voice.dial", NUMBER, {})),
            CS: calls(call("channel.dial", {"destination": NUMBER}, at="S.G.C")),
        },
    ),
    Row(
        c.Dial(session_id=S, destination=NUMBER, data={"case": "7"}),
        IDLE,
        name="with data",
        north={
            BP: Unsaid("startCall takes records, no data (bp 3.3)"),
            WWE: (rpc("voice.dial", NUMBER, {"case": "7"}), rpc("voice.dialEx", NUMBER, {"case": "7"}, {})),
            CS: Unsaid("a dial has a destination and extensions (cs 4.3)"),
        },
        south={
            BP: calls(
                call("startCall", NUMBER).answered({"id": "bp-9"}),
                call("setVariable", "case", "7", "bp-9"),
                ref="bp-9",
            ),
            WWE: calls(call("voice.dial", NUMBER, {"case": "7"})),
            CS: calls(call("channel.dial", {"destination": NUMBER}, at="S.G.C"), warns=True),
        },
    ),
    Row(
        c.Dial(session_id=S, destination=NUMBER, extensions={"prefix": "9"}),
        IDLE,
        name="with extensions",
        north={
            BP: Unsaid("startCall takes no extensions (bp 3.3)"),
            WWE: (rpc("voice.dialEx", NUMBER, None, {"prefix": "9"}),),
            CS: (msg("channel.dial", CHANNEL, destination=NUMBER, extensions={"prefix": "9"}),),
        },
        south={
            BP: calls(call("startCall", NUMBER).answered({"id": "bp-9"}), warns=True, ref="bp-9"),
            WWE: calls(call("voice.dialEx", NUMBER, {}, {"prefix": "9"})),
            CS: calls(
                call("channel.dial", {"destination": NUMBER, "extensions": {"prefix": "9"}}, at="S.G.C")
            ),
        },
    ),
    Row(
        c.Dial(
            session_id=S,
            destination=NUMBER,
            records=(
                Record(
                    id="003",
                    type="contact",
                    display_name="Carl Cole",
                    display_type="Contact",
                    fields={"tier": "gold"},
                ),
            ),
        ),
        IDLE,
        name="with a record",
        north={
            BP: (rpc("startCall", NUMBER, _RECORD), rpc("startCall", NUMBER, [_RECORD])),
            WWE: Unsaid("no request takes records"),
            CS: Unsaid("no request takes records"),
        },
        south={
            BP: calls(call("startCall", NUMBER, _RECORD).answered({"id": "bp-9"}), ref="bp-9"),
            WWE: calls(call("voice.dial", NUMBER, {}), warns=True),
            CS: calls(call("channel.dial", {"destination": NUMBER}, at="S.G.C"), warns=True),
        },
    ),
    Row(
        c.Dial(session_id=S, destination=NUMBER, caller_id="+15550001"),
        IDLE,
        name="from a number",
        north={
            BP: (after(rpc("setDIDNumber", "+15550001"), rpc("startCall", NUMBER)),),
            WWE: Unsaid(NO_CALLER_ID),
            CS: Unsaid(NO_CALLER_ID),
        },
        south={
            BP: calls(
                call("setDIDNumber", "+15550001"),
                call("startCall", NUMBER).answered({"id": "bp-9"}),
                ref="bp-9",
            ),
            WWE: Refused(NO_CALLER_ID),
            CS: Refused(NO_CALLER_ID),
        },
    ),
    Row(
        c.Dial(session_id=S, destination=NUMBER, answers={"service": "sales", "skill": "sales"}),
        IDLE,
        name="for a service",
        north={
            BP: (after(rpc("setService", "sales"), rpc("startCall", NUMBER)),),
            WWE: (
                rpc("voice.dialEx", NUMBER, None, {"answer.service": "sales", "answer.skill": "sales"}),
            ),  # our own convention: the API has no word for it
            CS: Unsaid("inContact's skill is another thing (cs 7.1): the next row"),
        },
        south={
            BP: calls(
                call("setService", "sales"), call("startCall", NUMBER).answered({"id": "bp-9"}), ref="bp-9"
            ),
            WWE: calls(call("voice.dial", NUMBER, {})),
            CS: calls(
                call("channel.dial", {"destination": NUMBER, "extensions": {"skill": "sales"}}, at="S.G.C")
            ),
        },
    ),
    Row(
        c.Dial(session_id=S, destination=NUMBER, answers={"skill": "sales"}),
        IDLE,
        name="by an outbound skill",
        north={
            BP: Unsaid("calls are for a service (bp 3.2)"),
            WWE: (rpc("voice.dialEx", NUMBER, None, {"answer.skill": "sales"}),),  # our own convention
            CS: (msg("channel.dial", CHANNEL, destination=NUMBER, extensions={"skill": "sales"}),),
        },
        south={
            BP: calls(call("startCall", NUMBER).answered({"id": "bp-9"}), ref="bp-9"),
            WWE: calls(call("voice.dial", NUMBER, {})),
            CS: calls(
                call("channel.dial", {"destination": NUMBER, "extensions": {"skill": "sales"}}, at="S.G.C")
            ),
        },
    ),
    Row(
        c.Dial(session_id=S, destination=NUMBER),
        IDLE,
        name="for which a service is missing",
        north={BP: (rpc("startCall", NUMBER),), WWE: Unsaid(PLAIN), CS: Unsaid(PLAIN)},
        south={
            BP: calls(
                call("startCall", NUMBER).answered(_NO_SERVICE),
                call("getServicesList").answered(_SERVICES),
                asks=NeedInfoKind.SERVICE,
            ),
            WWE: calls(call("voice.dial", NUMBER, {})),
            CS: calls(call("channel.dial", {"destination": NUMBER}, at="S.G.C")),
        },
    ),
    Row(
        c.Dial(session_id=S, destination="2002", destination_kind=DestinationKind.AGENT),
        IDLE,
        name="to a colleague",
        north={
            BP: Unsaid("a number is dialled, whoever has it (bp 8, row 34)"),
            WWE: Unsaid("voice.dial takes a number (wwe 3.4)"),
            CS: (msg("channel.dial", CHANNEL, destination="2002", extensions={"type": "agent"}),),
        },
        south={
            BP: calls(call("startCall", "2002").answered({"id": "bp-9"}), ref="bp-9"),
            WWE: Refused("voice.dial takes a number (wwe 3.4)"),
            CS: calls(
                call("channel.dial", {"destination": "2002", "extensions": {"type": "agent"}}, at="S.G.C")
            ),
        },
    ),
    Row(
        c.StartChat(session_id=S, channel_type="sms", destination=NUMBER),
        IDLE,
        north={
            BP: (rpc("startChat", "sms", NUMBER),),
            WWE: Unsaid("there is no chat namespace (wwe 3.12)"),
            CS: Unsaid(NO_START),
        },
        south={
            BP: calls(call("startChat", "sms", NUMBER).answered({"id": "bp-9"}), ref="bp-9"),
            WWE: Refused("there is no chat namespace (wwe 3.12)"),
            CS: Refused(NO_START),
        },
    ),
    Row(
        c.StartChat(
            session_id=S,
            channel_type="sms",
            destination=NUMBER,
            answers={"service": "sales", "skill": "sales"},
        ),
        IDLE,
        name="for a service",
        north={
            BP: (after(rpc("setService", "sales"), rpc("startChat", "sms", NUMBER)),),
            WWE: Unsaid("there is no chat namespace (wwe 3.12)"),
            CS: Unsaid(NO_START),
        },
        south={
            BP: calls(
                call("setService", "sales"),
                call("startChat", "sms", NUMBER).answered({"id": "bp-9"}),
                ref="bp-9",
            ),
            WWE: Refused("there is no chat namespace (wwe 3.12)"),
            CS: Refused(NO_START),
        },
    ),
    Row(
        c.StartEmail(session_id=S, destination=MAIL),
        IDLE,
        north={
            BP: (rpc("startEmail", MAIL),),
            WWE: (rpc("email.create", MAIL, None),),
            CS: Unsaid(NO_START),
        },
        south={
            BP: calls(call("startEmail", MAIL).answered({"id": "bp-9"}), ref="bp-9"),
            WWE: calls(call("email.create", MAIL, {})),
            CS: Refused(NO_START),
        },
    ),
    Row(
        c.StartEmail(session_id=S, destination=MAIL, answers={"service": "sales", "skill": "sales"}),
        IDLE,
        name="for a service",
        north={
            BP: (after(rpc("setService", "sales"), rpc("startEmail", MAIL)),),
            WWE: Unsaid("a destination and data (wwe 3.5)"),
            CS: Unsaid(NO_START),
        },
        south={
            BP: calls(
                call("setService", "sales"), call("startEmail", MAIL).answered({"id": "bp-9"}), ref="bp-9"
            ),
            WWE: calls(call("email.create", MAIL, {})),
            CS: Refused(NO_START),
        },
    ),
    Row(
        c.StartEmail(session_id=S, destination=MAIL, data={"case": "7"}),
        IDLE,
        name="with data",
        north={
            BP: Unsaid("startEmail takes records, no data (bp 3.3)"),
            WWE: (rpc("email.create", MAIL, {"case": "7"}),),
            CS: Unsaid(NO_START),
        },
        south={
            BP: calls(
                call("startEmail", MAIL).answered({"id": "bp-9"}),
                call("setVariable", "case", "7", "bp-9"),
                ref="bp-9",
            ),
            WWE: calls(call("email.create", MAIL, {"case": "7"})),
            CS: Refused(NO_START),
        },
    ),
)
