"""Conditions on what an event says: what stands at a path, and what may stand there."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.events.filters import Inside
from gateway.store.conditions import MAX_ALTERNATIVES, MAX_CONDITIONS, conditions, find, from_texts, parse
from schemas import events as ev
from schemas.ids import AgentId, InteractionId, PlatformId, RootId, SessionId
from schemas.interaction import Disposition, Interaction, InteractionState, Party, PartyRole
from schemas.values import Json

DATA: dict[str, Json] = {
    "account": "4711",
    "number": 4711,
    "vip": True,
    "ratio": 0.5,
    "nothing": None,
    "tier": {"name": "gold", "since": [2019, 2021]},
    "Contact.Id": "C-1",
    "none": [],
}
EVENT = ev.PartyAdded(
    time=datetime(2026, 3, 2, 9, 0, 0, 250_000, tzinfo=UTC),
    platform_id=PlatformId("p"),
    session_id=SessionId("ses_a1"),
    agent_id=AgentId("a1"),
    vendor=ev.VendorFrame(dialect="any", frame=msgspec.Raw(b'{"told":{"deep":[1,{"x":"y"}]}}')),
    interaction=Interaction(
        id=InteractionId("int_1"),
        root_id=RootId("con_1"),
        platform_id=PlatformId("p"),
        session_id=SessionId("ses_a1"),
        agent_id=AgentId("a1"),
        state=InteractionState.CONNECTED,
        data=DATA,
        disposition=Disposition(id="7", name="Sold"),
        parties=(
            Party(id="1", role=PartyRole.CUSTOMER, address="+15550123"),
            Party(id="2", role=PartyRole.AGENT, name="Bob"),
        ),
    ),
    party=Party(id="2", role=PartyRole.AGENT, name="Bob"),
)
READ_BACK = msgspec.json.decode(msgspec.json.encode(EVENT), type=ev.PartyAdded)


@pytest.mark.parametrize("event", [EVENT, READ_BACK], ids=["live", "from the journal"])
@pytest.mark.parametrize(
    ("path", "meant", "holds"),
    [
        ("interaction.data.account", "4711", True),
        ("interaction.data.account", 4711, False),
        ("interaction.data.number", 4711, True),
        ("interaction.data.number", 4711.0, True),
        ("interaction.data.number", "4711", False),
        ("interaction.data.vip", True, True),
        ("interaction.data.vip", 1, False),
        ("interaction.data.vip", "true", False),
        ("interaction.data.ratio", 0.5, True),
        ("interaction.data.account", ["1", "4711"], True),
        ("interaction.data.account", ["1", "2"], False),
        ("interaction.data.tier.name", "gold", True),
        ("interaction.data.tier.since", 2021, True),
        ("interaction.data.tier", "gold", False),
        ("interaction.data.tier", {"exists": True}, True),
        ("interaction.data.Contact.Id", "C-1", True),
        ("interaction.data.account.more", {"exists": True}, False),
        ("interaction.data.nothing", None, True),
        ("interaction.data.absent", None, True),
        ("interaction.data.none", None, True),
        ("interaction.data.account", None, False),
        ("interaction.data.account", {"exists": False}, False),
        ("interaction.data.absent", {"exists": False}, True),
        ("interaction.data.absent", ["4711", None], True),
        ("interaction.disposition.id", ["6", "7"], True),
        ("interaction.recording.url", None, True),
        ("interaction.state", "connected", True),
        ("interaction.parties.role", "customer", True),
        ("interaction.parties.role", "supervisor", False),
        ("interaction.parties.address", {"prefix": "+1555"}, True),
        ("interaction.parties.address", {"prefix": "+44"}, False),
        ("interaction.parties.address", [{"prefix": "+44"}, {"prefix": "+1"}], True),
        ("party.name", "Bob", True),
        ("type", "party.added", True),
        ("type.more", {"exists": True}, False),
        ("platform_id", "p", True),
        ("time", "2026-03-02T09:00:00.250000Z", True),
        ("time", {"prefix": "2026-03"}, True),
        ("vendor.frame.told.deep.x", "y", True),
        ("vendor.frame.told.deep", 1, True),
        ("command_id", {"exists": False}, True),
        ("nonsense", {"exists": True}, False),
        ("__class__", {"exists": True}, False),
        ("interaction.__class__.__name__", {"exists": True}, False),
        # A default is left out of the JSON, and found by its value all the same.
        ("interaction.media", "voice", True),
        ("interaction.muted", False, True),
        ("interaction.muted", None, True),
        ("interaction.muted", {"exists": True}, False),
        ("interaction.notes", "", True),
        ("interaction.disposition.code", None, True),
    ],
)
def test_a_condition_holds_for_what_stands_at_its_path(
    event: ev.PartyAdded,
    path: str,
    meant: Json,
    holds: bool,  # noqa: FBT001
) -> None:
    (one,) = conditions(parse({path: meant}))
    assert one.holds(Inside(event).at(path)) is holds


@pytest.mark.parametrize(
    ("raw", "wrong"),
    [
        ([], "Expected `object`"),
        ({"": "x"}, "length >= 1"),
        ({"p" * 201: "x"}, "length <= 200"),
        ({"p": []}, "length >= 1"),
        ({"p": ["x"] * (MAX_ALTERNATIVES + 1)}, "length <= 100"),
        ({str(i): "x" for i in range(MAX_CONDITIONS + 1)}, "length <= 20"),
        ({"p": "x" * 1001}, "length <= 1000"),
        ({"p": [["x"]]}, "got `array`"),
        ({"p": {}}, "needs prefix or exists"),
        ({"p": {"prefix": "x", "exists": True}}, "needs prefix or exists"),
        ({"p": {"prefix": 1}}, "Expected `str"),
        ({"p": {"suffix": "x"}}, "suffix"),
    ],
)
def test_what_is_no_condition_is_refused(raw: Json, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        parse(raw)


@pytest.mark.parametrize(
    ("texts", "same"),
    [
        (["p:x"], {"p": ["x"]}),
        (["p.q:x:y"], {"p.q": ["x:y"]}),
        (["p:123"], {"p": ["123", 123]}),
        (["p:true"], {"p": ["true", True]}),
        (["p:null"], {"p": ["null", None]}),
        (['p:"123"'], {"p": ["123"]}),
        (['p:"a*"'], {"p": ["a*"]}),
        (["p:[1]"], {"p": ["[1]"]}),
        (["p:"], {"p": [""]}),
        (["p:*"], {"p": [{"exists": True}]}),
        (["p:+44*"], {"p": [{"prefix": "+44"}]}),
        (["p:x", "q:z", "p:y"], {"p": ["x", "y"], "q": ["z"]}),
    ],
)
def test_a_query_says_the_same(texts: list[str], same: Json) -> None:
    assert from_texts(texts) == parse(same)


@pytest.mark.parametrize("text", ["p", "", ":x"])
def test_a_query_that_says_no_condition_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"path:value|length >= 1"):
        from_texts([text])


values = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5)
trees = st.recursive(
    values,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(tree=trees, path=st.text("ab.", min_size=1, max_size=6))
def test_no_path_into_any_json_fails(tree: Json, path: str) -> None:
    found = find(tree, path)
    assert isinstance(found.told, bool)
    assert len(found.texts) >= sum(isinstance(value, str) for _, value in found.values)


@given(content=st.dictionaries(st.text("abc.", min_size=1), st.lists(values, min_size=1), max_size=5))
def test_equal_contents_are_equal_conditions_in_whatever_order(content: dict[str, list[Json]]) -> None:
    turned = {path: meant[::-1] for path, meant in reversed(content.items())}
    assert conditions(parse(turned)) == conditions(parse(content))
    assert hash(conditions(parse(turned))) == hash(conditions(parse(content)))
