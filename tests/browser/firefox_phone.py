"""The soft phone in Firefox: a whole call. Run by `make test-firefox`, as not everybody has one.

A headless Firefox has no window in focus, and there Enter presses no button, not in the barest page either.
So Tab leads to each part of the phone, and what Enter would do is done by a script.
"""

from pathlib import Path
from typing import Final

from tests.browser.firefox import Window, firefox
from tests.browser.phones import MOST_TABS, PHONE, PLATFORM, desk

CARD: Final = "[data-interaction]"


async def shown(window: Window, selector: str) -> None:
    """Wait until the phone shows that."""
    await window.until(
        f"document.querySelector('trunkline-phone')?.shadowRoot?.querySelector(`{selector}`) != null"
    )


async def press(window: Window, selector: str) -> None:
    """Go to that part of the phone by Tab, and press it."""
    await shown(window, selector)
    for _ in range(MOST_TABS):
        if await window.evaluate(f"Boolean({PHONE}.activeElement?.matches(`{selector}`))"):
            await window.evaluate(f"void {PHONE}.activeElement.click()")
            return
        await window.press("Tab")
    raise AssertionError(f"no key leads to {selector}")


def verb(name: str) -> str:
    """The button of a verb that is allowed."""
    return f"[data-do='{name}']:not([aria-disabled])"


async def test_a_whole_call_is_taken_in_firefox(tmp_path: Path) -> None:
    async with desk() as at, firefox(tmp_path) as window:
        await window.open(f"{at.url}/phone/?platform={PLATFORM}&agent=a1")
        await shown(window, "[data-state=open]")
        await window.evaluate(
            "void (window.pops = 0, document.addEventListener('pop', () => (window.pops += 1)))"
        )
        await at.ring()
        await press(window, verb("interaction.accept"))
        await shown(window, f"{CARD}[data-state=connected]")
        assert await window.evaluate("pops") == 1
        await press(window, verb("interaction.hold"))
        await shown(window, f"{CARD}[data-state=held]")
        await press(window, verb("interaction.retrieve"))
        await shown(window, f"{CARD}[data-state=connected]")
        await press(window, verb("interaction.single_step_transfer"))
        await window.until(f"{PHONE}.activeElement?.name === 'to'")
        await window.evaluate(f"void ({PHONE}.activeElement.value = '102')")
        await press(window, "[data-go]")
        await shown(window, f"{CARD}[data-state=wrap_up]")
        await press(window, verb("interaction.complete"))
        await window.until(f"{PHONE}.activeElement?.name === 'disposition'")
        await window.evaluate(f"void ({PHONE}.activeElement.value = 'sold')")
        await press(window, "[data-question] button.main")
        await window.until(f"{PHONE}.querySelector('{CARD}') === null")
        assert at.interactions() == []
