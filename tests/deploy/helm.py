"""A small renderer of the chart's templates: of Go's templates what they use, and nothing else.

Helm itself is not to be had where this is built, and was not run. What this does not know is an error, so the
templates stay as plain as it is.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

_TAG: Final = re.compile(r"(\s*)\{\{(-?)\s*(.*?)\s*(-?)\}\}(\s*)", re.DOTALL)
_WORD: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\S+')
_OPENING: Final = ("if", "with", "range", "define")
_NOTHING: Final = (None, "", 0, False)


@dataclass
class Block:
    """`if`, `with` or `define`, with what is in it; or all of a file."""

    kind: str = ""
    condition: str = ""
    body: list["Block | str | tuple[str]"] = field(default_factory=list)
    otherwise: list["Block | str | tuple[str]"] = field(default_factory=list)


def parsed(text: str) -> Block:
    """Texts, expressions (in tuples) and blocks. Raises ValueError for a block that is not closed."""
    root = Block()
    stack, into = [root], [root.body]
    at = 0
    for tag in _TAG.finditer(text):
        before, trim_left, inside, trim_right, after = tag.groups()
        into[-1].append(text[at : tag.start()] + ("" if trim_left else before))
        at = tag.end() - (0 if trim_right else len(after))
        word, _, rest = inside.partition(" ")
        if word in _OPENING:
            block = Block(word, rest)
            into[-1].append(block)
            stack.append(block)
            into.append(block.body)
        elif word == "else" and not rest:
            into[-1] = stack[-1].otherwise
        elif word == "end":
            stack.pop()
            into.pop()
        else:
            into[-1].append((inside,))
    into[-1].append(text[at:])
    if len(stack) != 1:
        raise ValueError("a block is not closed")
    return root


class Renderer:
    """Of one chart, with values over its own."""

    def __init__(self, chart: Path, values: Mapping[str, Any], release: str = "trunkline") -> None:
        self._chart = chart
        own = yaml.safe_load((chart / "values.yaml").read_bytes())
        about = yaml.safe_load((chart / "Chart.yaml").read_bytes())
        self._root: dict[str, Any] = {
            "Values": merged(own, values),
            "Chart": {"Name": about["name"], "Version": about["version"], "AppVersion": about["appVersion"]},
            "Release": {"Name": release, "Namespace": "default", "Service": "Helm"},
        }
        self._named: dict[str, Block] = {}
        for path in sorted((chart / "templates").glob("*.tpl")):
            self._render(parsed(path.read_text(encoding="utf-8")).body, self._root)

    def manifests(self) -> Iterator[dict[str, Any]]:
        """All documents of all templates."""
        for path in sorted((self._chart / "templates").glob("*.yaml")):
            for document in yaml.safe_load_all(self.text(path.name)):
                if document is not None:
                    yield document

    def text(self, name: str) -> str:
        """A template, rendered."""
        path = self._chart / "templates" / name
        return self._render(parsed(path.read_text(encoding="utf-8")).body, self._root)

    def _render(self, body: Sequence[Block | str | tuple[str]], dot: Any) -> str:
        return "".join(self._part(part, dot) for part in body)

    def _part(self, part: Block | str | tuple[str], dot: Any) -> str:
        match part:
            case str():
                return part
            case Block(kind="define"):
                self._named[json.loads(part.condition)] = part
                return ""
            case Block(kind="if" | "with"):
                value = self._value(part.condition, dot)
                if value in _NOTHING or value in ({}, []):
                    return self._render(part.otherwise, dot)
                return self._render(part.body, value if part.kind == "with" else dot)
            case Block():
                raise ValueError(f"{part.kind}: is not known here")
            case _:
                return _shown(self._value(part[0], dot))

    def _value(self, pipeline: str, dot: Any) -> Any:
        value: Any = None
        for number, stage in enumerate(pipeline.split(" | ")):
            words = _WORD.findall(stage)
            piped = [value] if number else []
            if not number and len(words) == 1 and words[0] not in self._functions():
                value = self._operand(words[0], dot)
                continue
            function = self._functions()[words[0]]
            value = function(*(self._operand(word, dot) for word in words[1:]), *piped)
        return value

    def _functions(self) -> Mapping[str, Callable[..., Any]]:
        return {
            "include": lambda name, dot: self._render(self._named[name].body, dot),
            "toYaml": lambda value: yaml.safe_dump(value, sort_keys=True, default_flow_style=False).rstrip(),
            "nindent": lambda width, text: "\n" + _indented(int(width), text),
            "indent": lambda width, text: _indented(int(width), text),
            "quote": lambda value: json.dumps(_shown(value)),
            "default": lambda other, value: other if value in _NOTHING else value,
            "not": lambda value: value in _NOTHING,
            "sha256sum": lambda text: hashlib.sha256(text.encode()).hexdigest(),
            ".Files.Get": lambda name: (self._chart / name).read_text(encoding="utf-8"),
        }

    def _operand(self, word: str, dot: Any) -> Any:
        if word.startswith('"'):
            return json.loads(word)
        if word.isdigit():
            return int(word)
        if word == ".":
            return dot
        if not word.startswith("."):
            raise ValueError(f"{word}: is not known here")
        found = dot
        for name in word[1:].split("."):
            found = found[name]  # what there is not is a mistake, and not empty as Helm has it
        return found


def merged(own: Any, over: Any) -> Any:
    """Values with others over them."""
    if not isinstance(own, dict) or not isinstance(over, Mapping):
        return over
    return {key: merged(own.get(key), over[key]) if key in over else own[key] for key in {**own, **over}}


def _indented(width: int, text: str) -> str:
    return "\n".join(" " * width + line for line in text.split("\n"))


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
