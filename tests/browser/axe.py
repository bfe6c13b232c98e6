"""axe-core looks at a page: what keeps somebody from using it who does not see it, or has no mouse."""

from functools import cache
from pathlib import Path
from typing import Final

import msgspec
import pytest
from playwright.async_api import Page

_SCRIPT: Final = Path(__file__).parents[2] / "build/axe/node_modules/axe-core/axe.min.js"
_SERIOUS: Final = frozenset({"serious", "critical"})
_LOOK: Final = """async within => {
  const found = await axe.run(within, {resultTypes: ['violations']});
  return JSON.stringify(found.violations);
}"""


class _Node(msgspec.Struct):
    target: list[msgspec.Raw]
    html: str


class _Violation(msgspec.Struct):
    id: str
    impact: str
    nodes: list[_Node]


_read: Final = msgspec.json.Decoder(list[_Violation]).decode


@cache
def _script() -> str:
    if not _SCRIPT.exists():
        pytest.fail("there is no axe-core: make setup gets it with npm")
    return _SCRIPT.read_text(encoding="utf-8")


async def serious_faults(page: Page, within: str = "html") -> list[str]:
    """What axe-core finds that is serious or worse: the rule, and where. `within`: a selector."""
    await page.evaluate(f"() => {{ {_script()} }}")
    found = _read(await page.evaluate(_LOOK, within))
    return [
        f"{one.id}: {node.html[:200]}" for one in found if one.impact in _SERIOUS for node in one.nodes[:5]
    ]
