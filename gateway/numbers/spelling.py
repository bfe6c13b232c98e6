"""What people and systems write around a number, taken off one after the other. No plan is known here."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import unquote

LONGEST: Final = 120  # characters; what is longer is no number

# As networks and people say that a number is kept back. What merely is not known is not among them.
WITHHELD: Final = frozenset(
    {
        *("anonymous", "anonym", "anonyme", "anonimo", "anonymous caller", "blocked", "caller id blocked"),
        *("hidden", "no caller id", "number withheld", "privado", "private", "private number", "restricted"),
        *("suppressed", "unterdrückt", "withheld", "withheld number", "266696687"),  # ANONYMOUS, on a keypad
    }
)
_INVISIBLE: Final = frozenset({"Cf", "Cc"})
_SCHEME: Final = re.compile(r"^(tel|callto|sips?|voicemail):(?://)?", re.IGNORECASE)
_CONTEXT: Final = re.compile(r";phone-context=(\+[0-9.\-() ]+)", re.IGNORECASE)
_EXT_PARAMETER: Final = re.compile(r";\s*(?:ext|extension)\s*=\s*([0-9*#]+)", re.IGNORECASE)
_PARAMETERS: Final = re.compile(r";\s*[a-z][a-z0-9\-]*(?:=[^;]*)?", re.IGNORECASE)
_EXTENSION: Final = re.compile(
    r"(?<=[0-9)\s.,;\-])(?:ext(?:ension|n)?|x|poste|int(?:erno)?|доб(?:авочный)?|ramal|anexo|wew|linka|toestel)"
    r"\s*[.:=]?\s*([0-9]{1,9})#?$",
    re.IGNORECASE,
)
_DIAL_TONE: Final = re.compile(r"^([0-9*#]{1,3})\s*[~,wWpP]+\s*(?=[0-9+])")  # "9,": for a line to the outside
_PAUSE: Final = re.compile(r"(?<=[0-9)])\s*[,;pPwW~]+\s*([0-9*#][0-9*#,;pPwW~\s]*)$")
_TWO: Final = re.compile(r"[0-9][^/\\|]*[/\\|]\s*\+|(?:[0-9][^0-9/]*){7,}[/\\|]\s*[0-9]")
_SEPARATORS: Final = re.compile(r"[\s().\-/\u2010-\u2015\u2212_]+")


class Spelt(NamedTuple):
    """A text, taken apart."""

    core: str  # what stands for the number; "" if there is none
    extension: str = ""  # behind it, in words
    tail: str = ""  # pauses and tones behind it, as they were written
    withheld: bool = False
    several: bool = False  # more than one number

    @property
    def bare(self) -> str:
        """The core without what stands between its digits."""
        return _SEPARATORS.sub("", self.core)


def taken_apart(text: str, caller_id: Mapping[str, bool]) -> Spelt:
    """Of one number, however it was written; digits of all scripts become ours.

    `caller_id` has the codes that are dialled before a number to keep one's own back (True), or to show it.
    """
    text = _plain(text)
    if not text or len(text) > LONGEST:
        return Spelt("")
    text, context = _without_scheme(text)
    if text.casefold().strip("<>\"'() +.") in WITHHELD:
        return Spelt("", withheld=True)
    extension = ""
    if (found := _EXT_PARAMETER.search(text)) is not None:
        extension, text = found[1], text[: found.start()] + text[found.end() :]
    text = _PARAMETERS.sub("", text)
    text, withheld = _without_code(text, caller_id)
    text = _DIAL_TONE.sub(r"\1", text)
    tail = ""
    if not extension and (found := _EXTENSION.search(text)) is not None:
        extension, text = found[1], text[: found.start()]
    if (found := _PAUSE.search(text)) is not None:
        extension = extension or re.sub(r"[^0-9]", "", found[1])
        tail, text = text[found.start() :].strip(), text[: found.start()]
    core = text.strip(" .,;:-/")
    if context and not core.startswith("+"):
        core = context + core
    return Spelt(core, extension, tail, withheld, several=_TWO.search(core) is not None)


def _plain(text: str) -> str:
    """Without what cannot be seen: marks of direction come along when a number is pasted."""
    if text.isascii():
        return text.strip().replace("\t", " ")
    text = unicodedata.normalize("NFKC", text)
    shown = (char for char in text if unicodedata.category(char) not in _INVISIBLE)
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in shown).strip()


def _without_code(text: str, codes: Mapping[str, bool]) -> tuple[str, bool]:
    """And whether it keeps the caller's own number back. Digits are a code only before a whole number."""
    for code, withholds in codes.items():
        if text.startswith(code):
            rest = text[len(code) :].lstrip(" -.")
            if rest and (not code.isdigit() or rest[0] in "0+"):
                return rest, withholds
    return text, False


def _without_scheme(text: str) -> tuple[str, str]:
    """And the context that a local number of `tel:` is of."""
    text = text.strip("<>\"'")
    if (scheme := _SCHEME.match(text)) is not None:
        text = unquote(text[scheme.end() :])
    if "@" in text:
        user, _, _ = text.partition("@")
        text = user.partition(":")[0] if scheme is not None else user
    context = _CONTEXT.search(text)
    return text, context[1] if context is not None else ""
