"""Numbers in what is told and dialled: one form for all, and the platform's own spelling beside it."""

from pathlib import Path
from typing import Final

import msgspec
import pytest
from msgspec.structs import replace

from adapters.contract.change import Change, Encoded
from adapters.contract.dialect import Done
from gateway.facades.numbers import canonical, in_canonical_numbers
from gateway.numbers.config import NumbersConfig
from gateway.numbers.plan import DialPlan
from gateway.runtime.ids import Minter
from gateway.security.access import ANONYMOUS
from gateway.state.fold import State
from schemas import events as ev
from schemas.commands import Command, Consult, DestinationKind, SingleStepConference, SingleStepTransfer
from schemas.interaction import Contact, InteractionState, Media, Party
from schemas.needinfo import Choice, Field, FieldType, NeedInfoKind, Question
from schemas.numbers import Number, NumberKind
from schemas.results import ErrorCode, Failed, Succeeded
from tests.gateway.commands import dial
from tests.gateway.folding import see, shown, tags
from tests.gateway.handmade import CAPABILITIES, NAME, P, bench, call

BERLIN: Final = Number(kind=NumberKind.EXTERNAL, e164="+493012345678")
GERMAN: Final = {"p": {"dialect": NAME, "numbers": {"region": "DE", "outside_line": "0"}}}
PARTIES: Final = (Party(id="1", address="030/12345678"), Party(id="2", address="ann"))
CALL: Final = replace(
    call(),
    remote_address="030 12345678",
    ani="030 12345678",
    dnis="4711",
    parties=PARTIES,
    contact=Contact(phone="0049 30 12345678"),
)
SKILL: Final = Question(
    kind=NeedInfoKind.OUTBOUND_SKILL,
    title="Which?",
    fields=(Field(key="skill", type=FieldType.CHOICE, choices=(Choice(id="s1"), Choice(id="s2"))),),
)


def german(**config: object) -> State:
    """Nothing seen yet, on a platform with a dial plan."""
    plan = DialPlan(NumbersConfig.model_validate({"region": "DE", **config}))
    return State({P: CAPABILITIES}, {P: NAME}, Minter(), plans={P: plan})


# --- in


def test_each_number_stands_beside_its_spelling() -> None:
    one = shown(see(german(extension_digits=[4]), CALL))
    assert (one.remote_address, one.remote_number) == ("030 12345678", BERLIN)
    assert one.ani_number == BERLIN
    assert one.dnis_number == Number(kind=NumberKind.INTERNAL, extension="4711")
    assert [party.number for party in one.parties] == [BERLIN, None]
    assert [party.address for party in one.parties] == ["030/12345678", "ann"]
    assert one.contact is not None
    assert one.contact.number == BERLIN


def test_what_is_said_again_is_no_news() -> None:
    state = german()
    see(state, CALL)
    assert not see(state, CALL)
    assert tags(see(state, replace(CALL, state=InteractionState.CONNECTED))) == ["interaction.connected"]
    assert not see(state, replace(CALL, state=InteractionState.CONNECTED))


def test_another_number_is_told_with_its_address_and_goes_with_it() -> None:
    state = german()
    see(state, CALL)
    told = see(state, replace(CALL, remote_address="110"))
    assert tags(told) == ["interaction.updated"]
    assert shown(told).remote_number == Number(kind=NumberKind.EMERGENCY)
    assert shown(see(state, replace(CALL, remote_address="anonymous"))).remote_number == Number(withheld=True)
    assert shown(see(state, replace(CALL, remote_address=""))).remote_number is None


def test_another_spelling_of_a_party_is_told_and_the_number_stays() -> None:
    state = german()
    see(state, CALL)
    (told,) = see(state, replace(CALL, parties=(Party(id="1", address="+493012345678"), PARTIES[1])))
    assert isinstance(told, ev.PartyUpdated)
    assert told.party.number == BERLIN


@pytest.mark.parametrize(
    ("media", "channel_type", "reads"),
    [
        (Media.CHAT, "web", False),
        (Media.CHAT, "SMS", True),
        (Media.CHAT, "whatsapp", True),
        (Media.EMAIL, "", False),
        (Media.WORK_ITEM, "", False),
    ],
)
def test_an_address_of_a_chat_is_a_number_only_where_chats_go_by_numbers(
    media: Media, channel_type: str, *, reads: bool
) -> None:
    one = shown(see(german(), replace(CALL, media=media, channel_type=channel_type)))
    assert (one.remote_number == BERLIN) is reads
    assert (one.parties[0].number == BERLIN) is reads


def test_a_checkpoint_of_a_former_version_reads() -> None:
    state = State({P: CAPABILITIES}, {P: NAME}, Minter())
    see(state, CALL)
    dump = state.snapshots.dump()
    assert b'_number"' not in dump  # what was written before there were any
    restored = german()
    restored.snapshots.restore(dump, [])
    (one,) = restored.snapshots.interactions()
    assert one.remote_address == "030 12345678"
    assert one.remote_number is None


# --- out


def command(name: str, one: str, destination: str) -> Command:
    kinds = {"consult": Consult, "transfer": SingleStepTransfer, "conference": SingleStepConference}
    made: Command = msgspec.convert({"interaction_id": one, "destination": destination}, kinds[name])
    return made


async def test_a_number_is_dialled_in_its_one_form_and_the_result_says_so() -> None:
    async with bench(platforms=GERMAN) as standing:
        page = await standing.page()
        record = await standing.submit(dial(standing, "0 (030) 1234-5678"), ANONYMOUS)
        assert (await page.carry_out(Done())).command["destination"] == "+493012345678"
        result = (await standing.finished(record)).result
        assert isinstance(result, Succeeded)
        assert result.dialled == "+493012345678"
        assert record.command == dial(standing, "0 (030) 1234-5678")  # the record keeps the client's words

        same = await standing.submit(dial(standing, "+493012345678"), ANONYMOUS)
        assert (await page.carry_out(Done())).command["destination"] == "+493012345678"
        assert (await standing.finished(same)).result == Succeeded()

        refused = await standing.submit(dial(standing, "030 12345678"), ANONYMOUS)
        await page.carry_out(Failed(code=ErrorCode.BAD_DESTINATION))
        failed = (await standing.finished(refused)).result
        assert isinstance(failed, Failed)
        assert failed.dialled == "+493012345678"


@pytest.mark.parametrize("name", ["consult", "transfer", "conference"])
async def test_so_are_those_who_are_asked_or_given_the_call(name: str) -> None:
    async with bench(platforms=GERMAN) as standing:
        page = await standing.page()
        [one] = await standing.shown(page, call(state=InteractionState.CONNECTED))
        for destination, dialled in (("030/12345678", "+493012345678"), ("4711", "4711"), ("0 112", "0 112")):
            given = command(name, one.id, destination)
            await standing.submit(given, ANONYMOUS)  # type: ignore[arg-type]  # one of the three
            assert (await page.carry_out(Done())).command["destination"] == dialled


async def test_what_is_no_number_is_given_as_it_is() -> None:
    async with bench(platforms=GERMAN) as standing:
        page = await standing.page()
        to_a_skill = replace(dial(standing, "030 12345678"), destination_kind=DestinationKind.SKILL)
        await standing.submit(to_a_skill, ANONYMOUS)
        assert (await page.carry_out(Done())).command["destination"] == "030 12345678"


@pytest.mark.parametrize(
    ("number", "config"),
    [
        ("tel:112", {}),
        ("0 110", {"region": "DE", "outside_line": "0"}),
        ("88-112", {"outside_line": "88"}),
        ("88,5555", {"outside_line": "88", "emergency": ["5555"]}),
    ],
)
async def test_help_is_called_as_it_was_dialled_and_nobody_is_asked(
    number: str, config: dict[str, object]
) -> None:
    platform = {"dialect": NAME, "numbers": config, "needinfo": {"policy": "decline"}}
    async with bench(platforms={"p": platform}) as standing:
        page = await standing.page()
        record = await standing.submit(dial(standing, number), ANONYMOUS)
        assert (await page.carry_out(SKILL)).command["destination"] == number
        again = await page.carry_out(Done())
        assert (again.command["destination"], again.command["answers"]) == (number, {"skill": "s1"})
        assert (await standing.finished(record)).result == Succeeded()


# --- clients of a dialect


def test_a_client_of_another_dialect_reads_the_one_form() -> None:
    one = shown(see(german(), CALL))
    told = canonical(one)
    assert (told.remote_address, told.ani, told.dnis) == ("+493012345678", "+493012345678", "4711")
    assert [party.address for party in told.parties] == ["+493012345678", "ann"]
    assert told.contact is not None
    assert told.contact.phone == "+493012345678"
    assert canonical(told) is told  # nothing to do, nothing made


def test_the_events_of_one_change_go_on_sharing_their_snapshot() -> None:
    given: list[Change] = []

    def encode(change: Change) -> Encoded:
        given.append(change)
        return ()

    state = german()
    in_canonical_numbers(encode)(Change(tuple(see(state, CALL))))
    joined = (*PARTIES, Party(id="3", address="0151 23456789"))
    in_canonical_numbers(encode)(Change(tuple(see(state, replace(CALL, parties=joined)))))
    first, second = given
    snapshots = [one.interaction for one in first.events if isinstance(one, ev.InteractionEvent)]
    assert len(snapshots) > 1
    assert all(one is snapshots[0] for one in snapshots)
    (added,) = [one for one in second.events if isinstance(one, ev.PartyAdded)]
    assert added.party.address == "+4915123456789"
    assert added.party in added.interaction.parties


async def test_erasing_finds_a_person_by_either_form(tmp_path: Path) -> None:
    async with bench(path=str(tmp_path / "t.db"), platforms=GERMAN) as standing:
        page = await standing.page()
        await standing.shown(page, CALL)
        await page.see(call(state=InteractionState.COMPLETED))
        await standing.gateway.store.barrier()
        erasing = standing.gateway._operator.erasing  # noqa: SLF001  # as the operator's socket has it
        assert erasing is not None
        erased = await erasing.erase(("+493012345678",))
        assert erased.interactions == 1
        assert not erased.remains
