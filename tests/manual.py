"""The manual as text: README.md and docs, without what is made of tables or cited from vendors."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
FOLDERS: Final = ("start", "integrate", "operate")
WRITTEN: Final = (
    *(ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))),
    *(page for folder in FOLDERS for page in sorted((ROOT / "docs" / folder).glob("*.md"))),
)
PAGES: Final = {path: path.read_text(encoding="utf-8") for path in WRITTEN}  # what is neither made nor cited
MANUAL: Final = "\n".join(PAGES.values())
README: Final = PAGES[ROOT / "README.md"]


def blocks(language: str, text: str = MANUAL) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def section(title: str) -> str:
    """What stands under a heading, up to the next one of its rank or above."""
    level, _, rest = MANUAL.partition(f"# {title}\n")
    marks = len(level) - len(level.rstrip("#")) + 1
    return re.split(rf"^#{{1,{marks}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> Iterator[list[str]]:
    """The cells of a table, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    for line in lines[2:]:
        yield [cell.strip() for cell in line.strip("|").split("|")]


def lead(title: str) -> str:
    """What stands right under a heading, up to the next one of any rank."""
    return re.split(r"^#+ ", section(title), maxsplit=1, flags=re.MULTILINE)[0]
