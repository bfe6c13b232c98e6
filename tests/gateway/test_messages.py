"""What people write, and what becomes known of a contact later: told once, and never invented."""

from datetime import timedelta
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from gateway.state.attachments import MOST
from gateway.state.snapshots import HEARD
from schemas import events as ev
from schemas.ids import Cursor, Ref
from schemas.interaction import InteractionState, Media, Recording
from schemas.messages import Attachment, AttachmentKind, Author, Message
from schemas.observations import AttachmentsObserved, MessageObserved
from tests.fakes import START, until
from tests.gateway.folding import new_state, see, shown, tags
from tests.gateway.handmade import A1, bench, call

S: Final = InteractionState
CHAT: Final = replace(call(state=S.CONNECTED), media=Media.CHAT)
SUMMARY: Final = Attachment(kind=AttachmentKind.SUMMARY, id="s", text="They asked for a refund")
SURVEY: Final = Attachment(kind=AttachmentKind.SURVEY, id="q", data={"stars": 5})


def says(message_id: str = "m1", text: str = "hello", ref: str = "c1") -> MessageObserved:
    message = Message(id=message_id, author=Author.CUSTOMER, text=text)
    return MessageObserved(agent=A1, ref=Ref(ref), message=message)


def known(*attachments: Attachment, ref: str = "c1") -> AttachmentsObserved:
    return AttachmentsObserved(agent=A1, ref=Ref(ref), attachments=attachments)


def test_a_message_is_told_once_however_often_the_platform_says_it() -> None:
    state = new_state()
    see(state, CHAT)
    (told,) = see(state, says())
    assert isinstance(told, ev.MessageAdded)
    assert (told.media, told.message.text, told.message.time) == (Media.CHAT, "hello", START)
    assert told.interaction_id == state.snapshots.interactions()[0].id
    assert not see(state, says())
    assert tags(see(state, says("m2", "hello"))) == ["message.added"]  # said twice, and meant twice


def test_the_platforms_time_of_a_message_stands() -> None:
    state = new_state()
    see(state, CHAT)
    earlier = replace(says().message, time=START)
    (told,) = see(state, replace(says(), message=earlier), now=START + timedelta(seconds=5))
    assert isinstance(told, ev.MessageAdded)
    assert (told.time, told.message.time) == (START, START)


def test_messages_of_what_nobody_knows_begin_nothing() -> None:
    state = new_state()
    assert not see(state, says(), known(SUMMARY))
    assert not state.snapshots.interactions()


def test_what_is_remembered_of_messages_is_bounded_and_goes_with_the_chat() -> None:
    state = new_state()
    see(state, CHAT)
    for number in range(HEARD + 10):
        see(state, says(f"m{number}"))
    assert len(next(iter(state.snapshots._heard.values()))) == HEARD  # noqa: SLF001  # its bound
    see(state, replace(CHAT, state=S.COMPLETED))
    assert not state.snapshots._heard  # noqa: SLF001


def test_late_facts_are_typed_attachments_put_together() -> None:
    state = new_state()
    see(state, CHAT)
    assert tags(see(state, known(SUMMARY))) == ["interaction.updated"]
    assert not see(state, known(SUMMARY))
    see(state, replace(CHAT, state=S.COMPLETED))
    late = see(state, known(SURVEY))
    assert isinstance(late[0], ev.InteractionUpdated)
    assert late[0].late
    assert shown(late).attachments == (SUMMARY, SURVEY)
    better = replace(SUMMARY, text="They got it")
    assert shown(see(state, known(better))).attachments == (better, SURVEY)


def test_a_recording_is_an_attachment_too() -> None:
    state = new_state()
    see(state, call(state=S.CONNECTED))
    see(state, call(state=S.COMPLETED))
    over = replace(call(state=S.COMPLETED), recording=Recording(url="https://files.example/1.ogg"))
    told = shown(see(state, over))
    assert told.recording == Recording(url="https://files.example/1.ogg")
    assert [(one.kind, one.url) for one in told.attachments] == [
        (AttachmentKind.RECORDING, "https://files.example/1.ogg")
    ]


def test_attachments_are_bounded() -> None:
    state = new_state()
    see(state, CHAT)
    many = tuple(Attachment(id=str(number)) for number in range(MOST + 10))
    assert len(shown(see(state, known(*many))).attachments) == MOST


async def test_what_somebody_wrote_goes_with_him(tmp_path: Path) -> None:
    async with bench(path=str(tmp_path / "t.db")) as standing:
        page = await standing.page()
        (one,) = await standing.shown(page, replace(CHAT, remote_address="ann@example.com"))
        of_it = await standing.stream(filter={"interactions": [one.id], "types": ["message.added"]})
        await page.see(says(text="my card is lost"))
        await of_it.until(lambda event: isinstance(event, ev.MessageAdded))
        await page.see(replace(CHAT, state=S.COMPLETED))
        await until(lambda: not standing.gateway.state.snapshots.interactions())
        await standing.gateway.store.barrier()
        erasing = standing.gateway._operator.erasing  # noqa: SLF001  # as the operator's socket has it
        assert erasing is not None
        await erasing.erase(("ann@example.com",))
        left = await standing.gateway.store.read(Cursor(0), 1000)
        assert any(told.type == "message.added" for told in left)
        assert not any(b"my card" in told.body for told in left)


async def test_a_filter_by_medium_lets_messages_through_and_a_mask_hides_what_they_say() -> None:
    async with bench() as standing:
        page = await standing.page()
        await standing.shown(page, CHAT)
        chats = await standing.stream(filter={"media": ["chat"], "types": ["message.added"]})
        masked = await standing.stream(filter={"types": ["message.*"], "mask": ["content"]})
        await page.see(says())
        told = await chats.until(lambda event: isinstance(event, ev.MessageAdded))
        assert isinstance(told, ev.MessageAdded)
        assert told.message.text == "hello"
        hidden = await masked.until(lambda event: isinstance(event, ev.MessageAdded))
        assert isinstance(hidden, ev.MessageAdded)
        assert hidden.message.text == "[masked]"
