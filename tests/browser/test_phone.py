"""The soft phone in a real browser, over a real gateway: what an agent does with it, by keys alone."""

from typing import Final

from playwright.async_api import Page

from schemas.agent import AgentState
from schemas.interaction import InteractionState
from tests.browser.phones import PHONE, desk, press, tab_to

CARD: Final = "[data-interaction]"
POPS: Final = """() => {
  window.pops = [];
  document.addEventListener('pop', ({detail}) => pops.push(detail.interaction.id));
}"""


async def shown(page: Page, selector: str) -> None:
    """Wait until the phone shows that."""
    await page.wait_for_selector(f"trunkline-phone {selector}")


async def gone(page: Page, selector: str) -> None:
    """Wait until it does so no more."""
    await page.wait_for_selector(f"trunkline-phone {selector}", state="detached")


async def test_a_whole_call_is_taken_by_keys_alone_and_its_question_answered_in_the_form() -> None:
    async with desk() as at:
        page = await at.page()
        await shown(page, "[data-state=open]")
        await at.ring()
        await page.wait_for_function(
            f"() => {PHONE}.querySelector('[role=alert]').textContent.includes('Call from Carla')"
        )
        await press(page, "interaction.accept", f"{CARD}[data-state=connected]")
        assert await page.evaluate(f"() => {PHONE}.activeElement?.closest('{CARD}') !== null")  # not lost
        await press(page, "interaction.hold", f"{CARD}[data-state=held]")
        assert (
            await page.get_attribute("trunkline-phone [data-do='interaction.mute']", "aria-disabled")
            == "true"
        )
        await press(page, "interaction.retrieve", f"{CARD}[data-state=connected]")
        await press(page, "interaction.mute", "[data-do='interaction.unmute']")
        await press(page, "interaction.unmute", "[data-do='interaction.mute']")
        await press(page, "interaction.start_recording", "[data-do='interaction.stop_recording']")
        await press(page, "interaction.pause_recording", "[data-do='interaction.resume_recording']")
        await press(page, "interaction.send_dtmf", ".keypad")
        await page.keyboard.type("12#")
        await page.keyboard.press("Escape")
        await gone(page, ".keypad")
        await press(page, "interaction.single_step_transfer", ".panel")
        await page.keyboard.type("102")
        await page.keyboard.press("Enter")
        await shown(page, f"{CARD}[data-state=wrap_up]")
        assert at.interactions("a2")[0].state is InteractionState.ALERTING
        await page.wait_for_selector(
            f"trunkline-phone {CARD} option[value=sold]", state="attached"
        )  # fetched by itself
        await press(page, "interaction.complete", "[data-question]")
        assert await page.evaluate(f"() => {PHONE}.activeElement.name") == "disposition"
        assert "to answer" in await page.inner_text("trunkline-phone [data-question] [role=timer]")
        await page.keyboard.type("So")  # Sold
        await tab_to(page, "[data-question] textarea[name=notes]")
        await page.keyboard.type("Two of them")
        await tab_to(page, "[data-question] button.main")
        await page.keyboard.press("Enter")
        await gone(page, CARD)
        await gone(page, "[data-question]")
        assert at.interactions() == []
        assert at.errors == []


async def test_the_agents_state_and_a_call_out_by_keys() -> None:
    async with desk() as at:
        page = await at.page()
        await tab_to(page, "#agent-state")
        await page.keyboard.type("Lunch")
        await shown(page, "[data-agent-state=not_ready]")
        (one,) = [one for one in at.gateway.state.snapshots.sessions.values() if one.agent_id == "a1"]
        assert (one.state, one.reason) == (AgentState.NOT_READY, "Lunch")
        await tab_to(page, "#number")
        await page.keyboard.type("+15550176")
        await page.keyboard.press("Enter")
        await press(page, "interaction.hold", f"{CARD}[data-state=held]")
        assert await page.input_value("trunkline-phone #number") == ""
        await tab_to(page, "#number")
        await page.keyboard.type("+15550177")
        await page.keyboard.press("Enter")
        await shown(page, f"{CARD}[data-state=connected]")  # several at once
        assert len(await page.query_selector_all(f"trunkline-phone {CARD}")) == 2
        await press(page, "agent.logout")
        await shown(page, ".messages .bad")  # not with a call, and that is said in words
        assert at.errors == []


async def test_an_agent_signs_in_where_the_platform_wants_it_and_out_with_a_reason() -> None:
    ann = {"id": "a1", "name": "Ann", "extension": "101", "password": "p", "logged_in": False}
    async with desk({"agents": [ann], "logout_reasons": ["Home"], "require_logout_reason": True}) as at:
        page = await at.page()
        await tab_to(page, "#password")
        await page.keyboard.type("wrong")
        await page.keyboard.press("Enter")
        await shown(page, ".messages [role=alert]")
        assert "the password is wrong" in await page.inner_text("trunkline-phone .messages")
        await tab_to(page, "#password")
        await page.keyboard.type("p")
        await page.keyboard.press("Enter")
        await press(page, "agent.logout", "[data-question]")
        await page.keyboard.type("Home")
        await tab_to(page, "[data-question] button.main")
        await page.keyboard.press("Enter")
        await shown(page, "#password")
        assert at.errors == []


async def test_a_consultation_is_swapped_joined_parted_and_transferred() -> None:
    async with desk() as at:
        page, other = await at.page(), await at.page(address="/phone/?platform=sim&agent=a2&language=de")
        await at.ring()
        await press(page, "interaction.accept", f"{CARD}[data-state=connected]")
        (customer,) = at.interactions()
        await press(page, "interaction.consult", ".panel")
        await page.keyboard.type("102")
        await page.keyboard.press("Enter")
        await press(other, "interaction.accept", f"{CARD}[data-state=connected]")
        assert await other.inner_text("trunkline-phone .chip") == "Verbunden"
        consulting = f"{CARD}[data-state=connected] [data-do='interaction.alternate']"
        first = await page.get_attribute(f"trunkline-phone {CARD}[data-state=connected]", "data-interaction")
        await shown(page, consulting)
        await tab_to(page, "[data-do='interaction.alternate']")
        await page.keyboard.press("Enter")
        await shown(page, f"{CARD}[data-interaction='{first}'][data-state=held]")
        await press(page, "interaction.complete_conference", ".parties")
        await shown(other, ".parties")
        await tab_to(page, "[aria-label='Remove: Bob']")
        await page.keyboard.press("Enter")
        await gone(page, ".parties")
        await gone(other, f"{CARD}[data-state=connected]")
        await press(page, "interaction.consult", ".panel")
        await page.keyboard.type("102")
        await page.keyboard.press("Enter")
        await press(other, "interaction.accept", f"{CARD}[data-state=connected]")
        await shown(page, f"{CARD}[data-state=connected] [data-do='interaction.complete_transfer']")
        await press(
            page, "interaction.complete_transfer", f"[data-interaction='{customer.id}'][data-state=wrap_up]"
        )
        await shown(other, f"{CARD}[data-state=connected]")  # with the customer
        assert [one.remote_address for one in at.interactions("a2")][-1] == "+15550142"
        assert at.errors == []


async def test_a_chat_is_taken_and_answered() -> None:
    async with desk() as at:
        page = await at.page()
        await at.simulate("inbound_chat", address="carla", name="Carla", agent="a1", text="Hello")
        await press(page, "interaction.accept", f"{CARD}[data-media=chat][data-state=connected]")
        await at.simulate(
            "remote_message", text="<img src=x onerror=alert(1)> Are you there?", ref=at.interactions()[0].ref
        )
        await shown(page, ".theirs:nth-of-type(2)")
        lines = await page.locator("trunkline-phone .theirs").all_inner_texts()
        assert lines == ["Hello", "<img src=x onerror=alert(1)> Are you there?"]
        await tab_to(page, ".chat input")
        await page.keyboard.type("Yes")
        await page.keyboard.press("Enter")
        await shown(page, ".mine")
        assert await page.input_value("trunkline-phone .chat input") == ""
        assert await page.query_selector("trunkline-phone [data-do='interaction.hold']") is None
        assert at.errors == []


async def test_of_two_tabs_one_pops_and_the_other_takes_its_place() -> None:
    async with desk() as at:
        context = await at.browser.new_context()
        tabs = [await at.page(context), await at.page(context)]
        for tab in tabs:
            await tab.evaluate(POPS)
            await shown(tab, "[data-state=open]")
        await at.ring()
        for tab in tabs:
            await shown(tab, f"{CARD}[data-state=alerting]")
        await tabs[0].wait_for_function("() => pops.length === 1")
        assert await tabs[1].evaluate("() => pops") == []
        await tabs[0].close()  # while it rings: it was popped
        await press(tabs[1], "interaction.reject")
        await gone(tabs[1], f"{CARD}[data-state=alerting]")
        await at.ring("Dora")
        await tabs[1].wait_for_function("() => pops.length === 1")
        assert at.errors == []


HOSTILE: Final = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>\'"&{{7*7}}'


async def test_what_somebody_calls_himself_is_only_text() -> None:
    async with desk() as at:
        page = await at.page()
        await at.ring(HOSTILE)
        await press(page, "interaction.accept", f"{CARD}[data-state=connected]")
        assert await page.inner_text(f"trunkline-phone {CARD} h3") == HOSTILE
        assert await page.evaluate(f"() => [window.hit, {PHONE}.querySelector('img, script')]") == [
            None,
            None,
        ]
        assert at.errors == []
