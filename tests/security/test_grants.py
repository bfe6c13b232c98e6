"""What a grant narrows, and that none gives more than the one that it is within."""

import msgspec
import pytest
from msgspec.structs import replace

from gateway.runtime.ids import session_id
from gateway.security.access import Gate, Principal, Scope
from gateway.security.keys import Keys
from gateway.security.rights import ALL, Realm, Rights
from gateway.security.tokens import Tokens
from gateway.store.memory import MemoryStore
from schemas.commands import COMMANDS
from schemas.grants import UNNARROWED, VERBS, FieldClass, Grant, Role, VerbGroup
from schemas.ids import AgentId, PlatformId
from tests.fakes import FakeClock

EAST, WEST = PlatformId("east"), PlatformId("west")
ANNA, BERT = AgentId("anna"), AgentId("bert")
MEMBERS = {"sales": frozenset({session_id(EAST, ANNA)})}
REALM = Realm({EAST: "acme"}, lambda names: frozenset[str]().union(*(MEMBERS.get(one, ()) for one in names)))


def test_every_verb_is_in_one_group() -> None:
    named = [verb for verbs in VERBS.values() for verb in verbs]
    assert sorted(named) == sorted({*COMMANDS, "query.answer"})
    assert {*VERBS} == {*VerbGroup}


@pytest.mark.parametrize(
    ("less", "more"),
    [
        (Grant(tenant="acme"), UNNARROWED),
        (Grant(platforms=frozenset({"east"})), Grant(platforms=frozenset({"east", "west"}))),
        (Grant(platforms=frozenset({"east"}), tenant="acme"), Grant(tenant="acme")),
        (Grant(agents=frozenset({"anna"})), UNNARROWED),
        (Grant(teams=frozenset({"sales"})), UNNARROWED),
        (Grant(verbs=frozenset({VerbGroup.DATA})), Grant(verbs=frozenset({VerbGroup.DATA, VerbGroup.DIAL}))),
        (Grant(types=frozenset({"agent.updated"})), Grant(types=frozenset({"agent.*"}))),
        (Grant(types=frozenset({"agent.*"})), Grant(types=frozenset({"*"}))),
        (Grant(roles=frozenset({Role.LINK})), UNNARROWED),
        (Grant(masked=frozenset({FieldClass.PERSONAL})), UNNARROWED),
        (Grant(dropped=frozenset({FieldClass.PERSONAL})), Grant(masked=frozenset({FieldClass.PERSONAL}))),
    ],
)
def test_who_has_less_cannot_give_more(less: Grant, more: Grant) -> None:
    assert less.within(more)
    assert less.within(less)
    assert not more.within(less)
    assert less.narrows


def test_two_that_differ_are_within_neither() -> None:
    for mine, other in (
        (Grant(tenant="acme"), Grant(tenant="umbrella")),
        (Grant(agents=frozenset({"anna"})), Grant(agents=frozenset({"bert"}))),
        (Grant(agents=frozenset({"anna"})), Grant(platforms=frozenset({"east"}))),
        (Grant(types=frozenset({"agent.*"})), Grant(types=frozenset({"interaction.*"}))),
    ):
        assert not mine.within(other)
        assert not other.within(mine)


def test_a_name_that_is_not_known_gives_nothing_rather_than_everything() -> None:
    for grant in (
        Grant(tenant="nobody"),
        Grant(platforms=frozenset({"nowhere"})),
        Grant(teams=frozenset({"dissolved"})),
        Grant(tenant="acme", platforms=frozenset({"west"})),
    ):
        rights = REALM.rights(grant)
        assert not rights.sees(EAST, ANNA)
        assert not rights.sees(WEST, ANNA)
        assert not rights.of_everybody
    assert not REALM.rights(Grant(types=frozenset({"no.such", "none.*"}))).sees_type("agent.updated")


def test_each_field_narrows() -> None:
    assert REALM.rights(UNNARROWED) is ALL
    sales = REALM.rights(Grant(teams=frozenset({"sales"})))
    assert sales.sees(EAST, ANNA)
    assert not sales.sees(EAST, BERT)
    assert not sales.sees(WEST, ANNA)
    assert not sales.sees(EAST, None)
    assert not REALM.rights(Grant(teams=frozenset({"sales"}), agents=frozenset({"bert"}))).sees(EAST, ANNA)
    acme = REALM.rights(Grant(tenant="acme"))
    assert acme.sees(EAST, None)
    assert not acme.sees(WEST, ANNA)


def test_of_two_grants_is_left_what_both_leave() -> None:
    east, west = Rights(platforms=frozenset({EAST})), Rights(platforms=frozenset({WEST}))
    assert east.both(ALL) == ALL.both(east) == east
    assert not east.both(west).sees(EAST, ANNA)
    assert not east.both(west).sees(WEST, ANNA)
    masked = Rights(masked=frozenset({FieldClass.CONTENT})).both(
        Rights(dropped=frozenset({FieldClass.SECRET}))
    )
    assert masked.masked == {FieldClass.CONTENT}
    assert masked.dropped == {FieldClass.SECRET}
    assert not masked.whole_frames


def test_who_sees_the_same_shares_what_is_made_for_one() -> None:
    one = Grant(platforms=frozenset({"east"}), verbs=frozenset({VerbGroup.DIAL}))
    other = Grant(platforms=frozenset({"east"}), roles=frozenset({Role.LINK}))
    assert REALM.rights(one).sight == REALM.rights(other).sight is not None
    assert REALM.rights(Grant(verbs=frozenset({VerbGroup.DIAL}))).sight is None
    assert ALL.sight is None


def test_verbs_need_the_scope_and_the_group() -> None:
    writer = Principal(
        name="key:1",
        scopes=frozenset({Scope.COMMANDS_WRITE}),
        rights=Rights(verbs=frozenset({VerbGroup.RECORDING, VerbGroup.VENDOR})),
    )
    assert writer.may("interaction.pause_recording")
    assert not writer.may("interaction.dial")
    assert not writer.may("vendor.call")  # that is a scope of its own
    assert not Principal(name="key:2", scopes=frozenset()).may("interaction.dial")


async def test_a_grant_is_kept_with_the_key_and_goes_with_its_tokens() -> None:
    store, clock = MemoryStore(), FakeClock()
    keys, tokens = Keys(store, clock), Tokens(b"s" * 32, clock)
    gate = Gate(keys, tokens, REALM)
    grant = Grant(platforms=frozenset({"east"}), verbs=frozenset({VerbGroup.DATA}))
    record, key = await keys.create("crm", [Scope.LINKS], grant)
    again = Keys(store, clock)
    await again.load()
    assert [one.grant for one in again.list()] == [grant]
    assert gate.identify(key).grant == grant
    token = tokens.mint(ANNA, EAST, Role.FACADE, origin=f"key:{record.id}", grant=grant)
    assert gate.identify(token).may("interaction.set_data")
    assert not gate.identify(token).may("interaction.dial")
    renewed = tokens.renewed(tokens.verify(token))
    assert renewed is None or tokens.verify(renewed).grant == grant
    await keys.change(record.id, lambda one: replace(one, grant=Grant(platforms=frozenset({"west"}))))
    assert not gate.identify(token).sees(EAST, ANNA)  # nor has what it gave away more than it has by now


def test_a_token_of_a_former_version_is_not_narrowed() -> None:
    clock = FakeClock()
    tokens = Tokens(b"s" * 32, clock)
    assert tokens.verify(tokens.mint(ANNA, EAST, Role.LINK)).grant == UNNARROWED


def test_a_misspelt_field_of_a_grant_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="platform"):
        msgspec.json.decode(b'{"platform": ["east"]}', type=Grant)
