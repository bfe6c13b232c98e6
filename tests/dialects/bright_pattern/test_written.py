"""South: what the script lets be known of a chat's messages, and of a summary."""

import pytest

from adapters.contract.dialect import Call
from schemas import observations as o
from schemas.ids import Ref
from schemas.messages import Attachment, AttachmentKind, Author
from tests.dialects.bright_pattern.peers import NOW, error, page, success, tell


def written(outputs: object) -> list[o.MessageObserved]:
    assert isinstance(outputs, list)
    return [one for one in outputs if isinstance(one, o.MessageObserved)]


def test_a_message_that_the_script_took_is_told_as_the_agents() -> None:
    platform = page()
    said: list[o.MessageObserved] = []
    for number in (1, 2):
        platform.send(Call(method="sendChatMessage", params=("hello", "i-1")), number)
        said += written(platform.received(success(number, None), NOW))
    assert [(one.ref, one.message.author, one.message.text) for one in said] == [
        ("i-1", Author.AGENT, "hello"),
        ("i-1", Author.AGENT, "hello"),
    ]
    assert said[0].message.id != said[1].message.id


def test_one_that_it_refused_is_not() -> None:
    platform = page()
    platform.send(Call(method="sendChatMessage", params=("hello", "i-1")), 1)
    assert not written(platform.received(error(1, 13, "no_interaction"), NOW))


def test_a_summary_belongs_to_its_interaction_and_is_a_notice_as_before() -> None:
    done = {"interactionId": "i-1", "success": True, "topics": [{"name": "Reason", "value": "refund"}]}
    told = tell(page(), "ON_SUMMARY_GENERATION_COMPLETED", done)
    assert [type(one) for one in told] == [o.Noticed, o.AttachmentsObserved]
    summary = Attachment(kind=AttachmentKind.SUMMARY, id="summary", text="Reason: refund")
    assert isinstance(told[1], o.AttachmentsObserved)
    assert (told[1].ref, told[1].attachments) == (Ref("i-1"), (summary,))


@pytest.mark.parametrize(
    "said",
    [
        {"interactionId": "i-1", "success": False, "errorCode": "x"},
        {"interactionId": "i-1", "success": True, "topics": "none"},
        {"interactionId": "i-1", "success": True, "topics": []},
    ],
)
def test_a_summary_that_is_none_is_a_notice_alone(said: dict[str, object]) -> None:
    told = tell(page(), "ON_SUMMARY_GENERATION_COMPLETED", said)
    assert [type(one) for one in told] == [o.Noticed]
