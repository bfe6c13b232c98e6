"""The matrix: the offer, and during the contact."""

from typing import Final

from schemas import commands as c
from tests.contract.any_to_any.scenes import (
    CHAT,
    CHAT_OFFERED,
    HELD,
    MUTED,
    OFFERED,
    PREVIEW,
    TALKING,
    I,
    T,
)
from tests.contract.any_to_any.words import (
    BP,
    CS,
    WWE,
    Refused,
    Row,
    Unsaid,
    call,
    calls,
    msg,
    rpc,
)

# Targets as we give them out; with and without the group (cs 2).
CALL: Final = "s1.grp.voice.i1"
LEG: Final = "s1.grp.voice.i1.i1"
CONSULT_LEG: Final = "s1.grp.voice.i1.c1"
CHAT_AT: Final = "s1.grp.chat.t1"


OFFER: Final = (
    Row(
        c.Accept(interaction_id=I),
        OFFERED,
        north={
            BP: (rpc("acceptInteraction", "i1"), rpc("acceptInteraction", ""), rpc("acceptInteraction")),
            WWE: (rpc("interaction.accept", "i1"), rpc("voice.answer", "i1")),
            CS: (
                msg("conversation.answer", LEG),
                msg("conversation.request.answer", "s1.voice.i1.i1"),
                msg("interaction.accept", CALL),
            ),
        },
        south={
            BP: calls(call("acceptInteraction", "bp-1")),
            WWE: calls(call("interaction.accept", "4")),
            CS: calls(call("conversation.answer", {}, at="S.G.C.I.V")),  # preferred for calls (cs 4.4)
        },
    ),
    Row(
        c.Accept(interaction_id=T),
        CHAT_OFFERED,
        name="a chat",
        north={
            BP: (rpc("acceptInteraction", "t1"),),
            WWE: (rpc("interaction.accept", "t1"),),
            CS: (msg("interaction.accept", CHAT_AT),),
        },
        south={
            BP: calls(call("acceptInteraction", "bp-3")),
            WWE: calls(call("interaction.accept", "6")),
            CS: calls(call("interaction.accept", {}, at="S.G.T.I")),
        },
    ),
    Row(
        c.Accept(interaction_id=I),
        PREVIEW,
        name="a preview",
        north={
            BP: (rpc("acceptInteraction", "i1"),),  # shown as an offer
            WWE: (
                rpc("outbound.callPreviewRecord", "i1"),
                rpc("outbound.callPreviewRecord", "i1", 0),
                rpc("interaction.accept", "i1"),
            ),
            CS: (msg("interaction.accept", CALL),),  # likewise
        },
        south={
            BP: calls(call("acceptInteraction", "bp-1")),
            WWE: calls(call("interaction.accept", "4")),
            CS: calls(call("conversation.answer", {}, at="S.G.C.I.V")),
        },
    ),
    Row(
        c.Reject(interaction_id=I),
        OFFERED,
        north={
            BP: (rpc("rejectInteraction", "i1"), rpc("rejectInteraction")),
            WWE: (rpc("interaction.reject", "i1"),),
            CS: (msg("interaction.reject", CALL), msg("conversation.release", LEG)),
        },
        south={
            BP: calls(call("rejectInteraction", "bp-1")),
            WWE: calls(call("interaction.reject", "4")),
            CS: calls(call("interaction.reject", {}, at="S.G.C.I")),
        },
    ),
    Row(
        c.Reject(interaction_id=I),
        PREVIEW,
        name="a preview",
        north={
            BP: (rpc("rejectInteraction", "i1"),),  # shown as an offer
            WWE: (
                rpc("outbound.rejectPreviewRecord", "i1"),
                rpc("outbound.rejectPreviewRecord"),
                rpc("interaction.reject", "i1"),
            ),
            CS: (msg("interaction.reject", CALL),),  # likewise
        },
        south={
            BP: calls(call("rejectInteraction", "bp-1")),
            WWE: calls(call("outbound.rejectPreviewRecord", "4")),
            CS: calls(call("interaction.reject", {}, at="S.G.C.I")),
        },
    ),
)

DURING: Final = (
    Row(
        c.Hold(interaction_id=I),
        TALKING,
        north={
            BP: (rpc("setCallHold", True, "i1"), rpc("setCallHold", True)),
            WWE: (rpc("voice.hold", "i1"),),
            CS: (msg("conversation.hold", LEG),),
        },
        south={
            BP: calls(call("setCallHold", True, "bp-1")),
            WWE: calls(call("voice.hold", "4")),
            CS: calls(call("conversation.hold", {}, at="S.G.C.I.V")),
        },
    ),
    Row(
        c.Retrieve(interaction_id=I),
        HELD,
        north={
            BP: (rpc("setCallHold", False, "i1"), rpc("setCallHold", False)),
            WWE: (rpc("voice.resume", "i1"),),
            CS: (msg("conversation.retrieve", LEG),),
        },
        south={
            BP: calls(call("setCallHold", False, "bp-1")),
            WWE: calls(call("voice.resume", "4")),
            CS: calls(call("conversation.retrieve", {}, at="S.G.C.I.V")),
        },
    ),
    Row(
        c.Mute(interaction_id=I),
        TALKING,
        north={
            BP: (rpc("setCallMute", True, "i1"), rpc("setCallMute", True)),
            WWE: (rpc("sipEndpoint.muteMicrophone"),),
            CS: (msg("conversation.request.mute", LEG), msg("conversation.mute", LEG)),
        },
        south={
            BP: calls(call("setCallMute", True, "bp-1")),
            WWE: calls(call("sipEndpoint.muteMicrophone"), warns=True),  # of the whole endpoint
            CS: calls(call("conversation.request.mute", {}, at="S.G.C.I.V")),
        },
    ),
    Row(
        c.Unmute(interaction_id=I),
        MUTED,
        north={
            BP: (rpc("setCallMute", False, "i1"), rpc("setCallMute", False)),
            WWE: (rpc("sipEndpoint.unmuteMicrophone"),),
            CS: (msg("conversation.request.unmute", LEG), msg("conversation.unmute", LEG)),
        },
        south={
            BP: calls(call("setCallMute", False, "bp-1")),
            WWE: calls(call("sipEndpoint.unmuteMicrophone"), warns=True),
            CS: calls(call("conversation.request.unmute", {}, at="S.G.C.I.V")),
        },
    ),
    Row(
        c.SendDtmf(interaction_id=I, tones="12#"),
        TALKING,
        north={
            BP: (rpc("sendDtmf", "12#", "i1"), rpc("sendDtmf", "12#")),
            WWE: Unsaid("DTMF is not in the API (wwe 7.1)"),
            CS: (
                msg("conversation.senddtmf", LEG, digits="12#"),
                msg("conversation.senddtmf", LEG, dtmf="12#"),
                msg("conversation.request.senddtmf", LEG, tones="12#"),
            ),
        },
        south={
            BP: calls(call("sendDtmf", "12#", "bp-1")),
            WWE: Refused("DTMF is not in the API (wwe 7.1)"),
            CS: calls(call("conversation.senddtmf", {"digits": "12#"}, at="S.G.C.I.V")),
        },
    ),
    Row(
        c.Focus(interaction_id=I),
        TALKING,
        north={
            BP: (rpc("switchActiveInteraction", "i1"),),
            WWE: (rpc("interaction.selectCaseByCaseId", "r1"),),
            CS: Unsaid("the platform tells which leg is active, and is not told (cs 5)"),
        },
        south={
            BP: calls(call("switchActiveInteraction", "bp-1")),
            WWE: calls(call("interaction.selectCaseByCaseId", "case-4")),
            CS: Refused("the platform tells which leg is active, and is not told (cs 5)"),
        },
    ),
    Row(
        c.StartRecording(interaction_id=I),
        TALKING,
        north={
            BP: (rpc("setCallRecording", True, "i1"), rpc("setCallRecording", True)),
            WWE: (rpc("voice.startCallRecording", "i1"),),
            CS: (
                msg("interaction.request.recording.start", CALL),
                msg("interaction.recording.start", CALL),
            ),
        },
        south={
            BP: calls(call("setCallRecording", True, "bp-1")),
            WWE: calls(call("voice.startCallRecording", "4")),
            CS: calls(call("interaction.request.recording.start", {}, at="S.G.C.I")),
        },
    ),
    Row(
        c.StopRecording(interaction_id=I),
        TALKING,
        north={
            BP: (rpc("setCallRecording", False, "i1"), rpc("setCallRecording", False)),
            WWE: (rpc("voice.stopCallRecording", "i1"),),
            CS: (msg("interaction.request.recording.stop", CALL), msg("interaction.recording.stop", CALL)),
        },
        south={
            BP: calls(call("setCallRecording", False, "bp-1")),
            WWE: calls(call("voice.stopCallRecording", "4")),
            CS: calls(call("interaction.request.recording.stop", {}, at="S.G.C.I")),
        },
    ),
    Row(
        c.PauseRecording(interaction_id=I),
        TALKING,
        north={
            BP: (rpc("setCallRecordingMute", True, "i1"), rpc("setCallRecordingMute", True)),
            WWE: (rpc("voice.pauseCallRecording", "i1"),),
            CS: (
                msg("interaction.request.recording.pause", CALL),
                msg("interaction.recording.pause", CALL),
            ),
        },
        south={
            BP: calls(call("setCallRecordingMute", True, "bp-1")),
            WWE: calls(call("voice.pauseCallRecording", "4")),
            CS: calls(call("interaction.request.recording.pause", {}, at="S.G.C.I")),
        },
    ),
    Row(
        c.ResumeRecording(interaction_id=I),
        TALKING,
        north={
            BP: (rpc("setCallRecordingMute", False, "i1"), rpc("setCallRecordingMute", False)),
            WWE: (rpc("voice.resumeCallRecording", "i1"),),
            CS: (
                msg("interaction.request.recording.resume", CALL),
                msg("interaction.recording.resume", CALL),
            ),
        },
        south={
            BP: calls(call("setCallRecordingMute", False, "bp-1")),
            WWE: calls(call("voice.resumeCallRecording", "4")),
            CS: calls(call("interaction.request.recording.resume", {}, at="S.G.C.I")),
        },
    ),
    Row(
        c.SendChat(interaction_id=T, text="Hello"),
        CHAT,
        north={
            BP: (rpc("sendChatMessage", "Hello", "t1"), rpc("sendChatMessage", "Hello")),
            WWE: Unsaid("chat text does not pass through the API (wwe 3.12)"),
            CS: Unsaid("no request carries message content (cs 8.3)"),
        },
        south={
            BP: calls(call("sendChatMessage", "Hello", "bp-3")),
            WWE: Refused("chat text does not pass through the API (wwe 3.12)"),
            CS: Refused("no request carries message content (cs 8.3)"),
        },
    ),
    *(
        Row(
            wanted,
            TALKING,
            north=dict.fromkeys((BP, WWE, CS), Unsaid("no API carries the text of an e-mail")),
            south=dict.fromkeys((BP, WWE, CS), Refused("no API carries the text of an e-mail")),
        )
        for wanted in (
            c.ReplyEmail(interaction_id=I, text="Hello"),
            c.ForwardEmail(interaction_id=I, destination="ada@example.com"),
        )
    ),
)

ROWS: Final = OFFER + DURING
