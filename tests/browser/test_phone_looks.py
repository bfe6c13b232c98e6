"""How the soft phone looks and speaks: pictures, axe-core, its forms, its words."""

import re
from pathlib import Path
from typing import Final, Literal

import pytest
from playwright.async_api import Page

from schemas.agent import AgentState
from schemas.interaction import InteractionState, Media
from schemas.results import ErrorCode, Proof
from tests.browser.axe import serious_faults
from tests.browser.phones import PHONE, Desk, desk, press
from tests.browser.test_phone import CARD, shown

BROWSER: Final = Path("gateway/phone/browser")
PICTURES: Final = Path("build/phone")
LOOKS: Final[tuple[tuple[str, Literal["light", "dark"], int, str], ...]] = (
    ("light", "light", 480, "en"),
    ("dark", "dark", 480, "de"),
    ("narrow", "light", 320, "de"),
    ("wide", "dark", 1400, "en"),
)


async def busy_desk(at: Desk, page: Page) -> None:
    """A call with its panel open, a chat, a ring, and a question."""
    await shown(page, "[data-state=open]")
    await at.ring("Carla Customer")
    await press(page, "interaction.accept", f"{CARD}[data-state=connected]")
    await press(page, "interaction.release", f"{CARD}[data-state=wrap_up]")
    await press(page, "interaction.complete", "[data-question]")
    await at.simulate("inbound_chat", address="dora", name="Dora", agent="a1", text="Hello")
    await press(page, "interaction.accept", f"{CARD}[data-media=chat][data-state=connected]")
    await at.simulate("remote_message", text="Is anybody there?", ref=at.interactions()[-1].ref)
    await shown(page, ".theirs")
    await at.ring("Erik Example")
    await press(page, "interaction.accept", f"{CARD}[data-media=voice][data-state=connected]")
    await press(page, "interaction.single_step_transfer", ".panel")
    await at.ring("Fay With-A-Very-Long-Name-That-Does-Not-Break-Anywhere-At-All")
    await shown(page, f"{CARD}[data-state=alerting]")


async def test_it_can_be_seen_and_heard_light_and_dark_narrow_and_wide() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    async with desk() as at:
        faults: list[str] = []
        for name, scheme, width, language in LOOKS:
            context = await at.browser.new_context(
                viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
            )
            page = await at.page(context, f"/phone/?platform=sim&agent=a1&language={language}")
            if not at.interactions():
                await busy_desk(at, page)
            await shown(page, "[data-question]")  # of those who come later, too
            await shown(page, f"{CARD}[data-state=alerting]")
            await page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
            too_wide = await page.evaluate(
                "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert too_wide <= 0, f"{name}: {too_wide} px too wide"
            faults += [f"{name}: {one}" for one in await serious_faults(page)]
        assert faults == []
        assert at.errors == []


QUESTION: Final = """async () => {
  const { questionForm } = await import('/phone/needinfo-form.js');
  const { show } = await import('/phone/dom.js');
  const { wordsIn } = await import('/phone/words.js');
  const question = {
    id: 'ask_1', title: 'All kinds', skippable: true,
    asked_at: '2026-11-30T12:00:00Z', expires_at: '2026-11-30T12:02:00Z',
    fields: [
      {key: 'skill', type: 'choice', title: 'Skill', choices: [{id: 'sales', label: 'Sales'}, {id: 'help'}]},
      {key: 'campaign', type: 'choice', required: false, choices: [{id: 'autumn'}], default: 'autumn'},
      {key: 'case', type: 'text', title: 'Case'},
      {key: 'notes', type: 'text', required: false},
      {key: 'amount', type: 'number', title: 'Amount', default: 3},
      {key: 'left_out', type: 'number', required: false},
      {key: 'confirm', type: 'boolean', title: 'Really?'},
      {key: 'again', type: 'boolean', default: true},
    ],
  };
  window.answers = [];
  window.render = (seconds) => show(document.getElementById('phone'), [questionForm(question, {
    words: wordsIn('en'), now: Date.parse(question.asked_at) + seconds * 1000, wrong: '',
    answer: (action, values) => answers.push([action, values ?? null]),
  })]);
  render(0);
}"""


async def test_every_kind_of_field_has_its_control_and_gives_its_kind_of_value() -> None:
    async with desk() as at:
        page = await at.page(address="/phone/")
        await page.evaluate(QUESTION)
        await page.click("#phone button.main")
        assert await page.evaluate("() => answers") == []  # what is required is not there
        await page.select_option("[name=skill]", "help")
        await page.fill("[name=case]", "4711")
        await page.evaluate("() => render(57)")  # the clock runs on, and what was filled in stays
        assert await page.inner_text("#phone [role=timer]") == "1:03 left to answer"
        await page.click("#phone button.main")
        await page.click("#phone button.skip")
        await page.click("#phone button.cancel")
        values = {
            "skill": "help",
            "campaign": "autumn",
            "case": "4711",
            "amount": 3,
            "confirm": False,
            "again": True,
        }
        assert await page.evaluate("() => answers") == [["submit", values], ["skip", None], ["cancel", None]]
        assert at.errors == []


def table(language: str) -> dict[str, str]:
    """A language's words."""
    name = "words.js" if language == "en" else f"words-{language}.js"
    text = (BROWSER / name).read_text(encoding="utf-8").partition(f"const {language} = {{")[2]
    return dict(re.findall(r"^  '([\w.]+)': '(.*)',$", text.partition("\n};")[0], re.MULTILINE))


ENGLISH: Final = table("en")
NEEDED: Final = (
    *(f"error.{one}" for one in ErrorCode),
    *(f"state.{one}" for one in AgentState),
    *(f"call.{one}" for one in InteractionState if one is not InteractionState.COMPLETED),
    *(f"media.{one}" for one in Media),
    *(f"proved.{one}" for one in Proof),
)


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_language_has_a_word_for_everything(language: str) -> None:
    words = table(language)
    assert list(words) == list(ENGLISH)
    assert [one for one in NEEDED if not words.get(one)] == []
    for key, text in words.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", ENGLISH[key])), key


def test_every_word_that_is_said_is_in_the_table() -> None:
    said = {
        word
        for script in BROWSER.glob("*.js")
        for word in re.findall(r"words\('([\w.]+)'", script.read_text(encoding="utf-8"))
    }
    assert said
    assert said <= set(ENGLISH)


async def test_it_takes_the_look_of_the_page_and_asks_nobody_else() -> None:
    async with desk() as at:
        page = await at.page()
        hosts: set[str] = set()
        page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
        await page.reload()
        await shown(page, "[data-state=open]")
        await page.evaluate("() => document.body.style.setProperty('--tl-page', 'rgb(1, 2, 3)')")
        seen = f"() => getComputedStyle({PHONE}.querySelector('.phone')).backgroundColor"
        assert await page.evaluate(seen) == "rgb(1, 2, 3)"
        assert hosts == {at.url.split("/")[2]}
