"""What the source says of a field, beside it or right above it: its description in the contract."""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator, Mapping
from functools import cache
from inspect import getsource
from typing import Final

_NO_WORD: Final = re.compile(r"---|noqa|type:|pragma")


def notes(kind: type) -> Mapping[str, str]:
    """By field, of a class and of those that it is made of; nothing where the source is not there."""
    found: dict[str, str] = {}
    for one in reversed(kind.__mro__):
        found |= _of_module(one.__module__).get(one.__name__, {})
    return found


@cache
def _of_module(name: str) -> Mapping[str, Mapping[str, str]]:
    module = sys.modules.get(name)
    try:
        source = getsource(module) if module is not None else ""
    except (OSError, TypeError):
        return {}
    comments = {
        token.start[0]: (token.string.lstrip("# ").strip(), not token.line[: token.start[1]].strip())
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT and not _NO_WORD.match(token.string.lstrip("# "))
    }
    classes = [one for one in ast.walk(ast.parse(source)) if isinstance(one, ast.ClassDef)]
    return {one.name: dict(_of_class(one, comments)) for one in classes}


def _of_class(one: ast.ClassDef, comments: Mapping[int, tuple[str, bool]]) -> Iterator[tuple[str, str]]:
    for field in one.body:
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        lines = range(field.lineno, (field.end_lineno or field.lineno) + 1)
        words = [comments[line][0] for line in lines if line in comments and not comments[line][1]]
        above = field.lineno - 1
        while comments.get(above, ("", False))[1]:
            words.insert(0, comments[above][0])
            above -= 1
        if words:
            yield field.target.id, " ".join(words)
