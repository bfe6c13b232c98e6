"""The messages that two windows post to each other (seed 002; reference 2.5), as JSON-RPC and back."""

from collections.abc import Callable

import pytest

from schemas.errors import MalformedFrame
from schemas.values import Json
from tests.dialects.genesys_wwe import envelope, stage
from tests.dialects.golden import same


def posted(by: str, **members: Json) -> bytes:
    return stage.frame({**members, "userAgent": f"WWE {by}", "protocolVersion": 2})


def rpc(**members: Json) -> bytes:
    return stage.frame({"jsonrpc": "2.0", **members})


FROM_CLIENT = [
    (
        posted(
            "Client",
            request="interaction.setUserData",
            parameters=["4", {"Segment": "Gold"}],
            referenceId="12",
        ),
        rpc(id="12", method="interaction.setUserData", params=["4", {"Segment": "Gold"}]),
    ),
    (
        posted("Client", request="agent.get", referenceId="1"),
        rpc(id="1", method="agent.get", params=[]),
    ),
    (
        posted("Client", event="subscribe", data=["interaction", "markdone"], referenceId="0"),
        rpc(id="0", method="subscribe", params=[["interaction", "markdone"]]),
    ),
    (
        posted("Client", event="unsubscribe", data="s-1", referenceId="13"),
        rpc(id="13", method="unsubscribe", params=["s-1"]),
    ),
]
SELECTED = {"eventType": "CASE_SELECTED", "selectedCaseId": "d4187b87-9fe1-4db8-0515-6a91e666e22d"}
FROM_SERVER = [
    (posted("Server", referenceId="12", data=None), rpc(id="12", result={"data": None})),
    (
        posted("Server", referenceId="12", errorMessage="Key not writable: Segment"),
        rpc(id="12", result={"errorMessage": "Key not writable: Segment"}),
    ),
    (posted("Server", referenceId="0", subscriptionId="s-1"), rpc(id="0", result={"subscriptionId": "s-1"})),
    (posted("Server", event="interaction", data=SELECTED), rpc(method="interaction", params=[SELECTED])),
]


@pytest.mark.parametrize(("message", "frame"), FROM_CLIENT)
def test_a_client_s_message_is_a_request(message: bytes, frame: bytes) -> None:
    assert same(envelope.client_frame(message), frame)
    assert same(envelope.client_envelope(frame), message)


@pytest.mark.parametrize(("message", "frame"), FROM_SERVER)
def test_a_desktop_s_message_is_an_answer_or_an_event(message: bytes, frame: bytes) -> None:
    assert same(envelope.server_frame(message), frame)
    assert same(envelope.server_envelope(frame), message)


def test_a_reference_is_text_and_no_parameters_are_left_out() -> None:
    frame = rpc(id=7, method="agent.get", params=[])
    assert same(envelope.client_envelope(frame), posted("Client", request="agent.get", referenceId="7"))
    with pytest.raises(MalformedFrame):
        envelope.client_frame(posted("Client", request="agent.get", referenceId=7))


def test_an_event_that_carries_a_reference_is_an_event() -> None:
    message = posted("Server", event="agent", data={}, referenceId="3")
    assert same(envelope.server_frame(message), rpc(method="agent", params=[{}]))


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (envelope.server_frame, posted("Client", referenceId="1", data=None)),
        (envelope.client_frame, posted("Server", referenceId="1", request="agent.get")),
        (envelope.server_frame, posted("Server", frameId=1)),
        (envelope.client_frame, posted("Client", event="interaction", referenceId="1")),
        (envelope.server_frame, b"wwe hello"),
        (envelope.client_envelope, rpc(method="agent.get")),
        (envelope.server_envelope, rpc(id=1, result="Request timeout")),
    ],
)
def test_what_is_not_of_that_side_is_malformed(read: Callable[[bytes], bytes], message: bytes) -> None:
    with pytest.raises(MalformedFrame):
        read(message)
