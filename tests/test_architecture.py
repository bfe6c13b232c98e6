"""Who may import whom, and what may be named where: the rules of the project's style, as tests.

Each rule reads one module at a time, as text and as syntax tree, and yields breaches with file and line. A
rule that could not fail would prove nothing, so each is also shown a module that breaks it.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

import pytest

ROOT: Final = Path(__file__).parents[1]
PACKAGES: Final = ("schemas", "adapters", "gateway")
MAX_LINES: Final = 400
LONGER: Final[Mapping[str, str]] = {}  # path -> why it holds one idea all the same

# path -> why a precise type does not work; `wire.py` needs no reason
ANY_ELSEWHERE: Final[Mapping[str, str]] = {
    "adapters/dialect.py": "ErasedDialect: the core hands each dialect its settings back unseen",
    "gateway/store/database.py": "a row: SQL is as untyped as a wire",
}
# What the adapters share and the gateway may see; jsonrpc is for adapters, the registry for app.py.
CONTRACT: Final = frozenset({"capabilities", "contract", "dialect", "shift", "transports"})
SHARED: Final = frozenset({"contract", "kit"})  # folders of what the adapters share

STDLIB: Final = frozenset(sys.stdlib_module_names)
OUTSIDE_WORLD: Final = frozenset(
    {
        "asyncio",
        "concurrent",
        "http",
        "logging",
        "multiprocessing",
        "random",
        "secrets",
        "select",
        "selectors",
        "socket",
        "socketserver",
        "ssl",
        "subprocess",
        "threading",
        "time",
    }
)
READS_CLOCK_OR_DICE: Final = re.compile(
    r"(^|\.)(datetime\.(now|utcnow|today)|date\.today|os\.urandom|uuid\.uuid[14]|uuid[14])$"
)
VENDOR_NAMES: Final = re.compile(
    r"bright.?pattern|servicepattern|genesys|wwe|in[-_]?contact|channel.?session|harmony|ad_?api|softswitch",
    re.IGNORECASE,
)
UNFINISHED: Final = re.compile(
    r"\b(T[O]DO|F[I]XME|X[X]X|N[o]tImplementedError|(pytest|mark)\.(s[k]ip|x[f]ail)|s[k]ip(if|Test)\b|import[o]rskip)"
)
WAITS: Final = frozenset({"asyncio.sleep", "asyncio.timeout", "asyncio.wait_for", "time.sleep"})
REAL_TIME: Final = frozenset({("tests", "bench"), ("tests", "faults")})
VAGUE: Final = frozenset({"utils", "util", "helpers", "helper", "misc", "common"})


class Module:
    """One file of the project; `path` is relative to its root."""

    def __init__(self, path: str, source: str) -> None:
        self.path = PurePosixPath(path)
        self.source = source

    @property
    def package(self) -> str:
        """The first folder."""
        return self.path.parts[0]

    @property
    def is_python(self) -> bool:
        """Not a script or page of the browser's."""
        return self.path.suffix == ".py"

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """The syntax tree, flat; empty unless Python."""
        return tuple(ast.walk(ast.parse(self.source, str(self.path)))) if self.is_python else ()

    @property
    def vendor(self) -> str | None:
        """The adapter that the module is part of; None for what the adapters share."""
        parts = self.path.parts
        own = parts[0] == "adapters" and len(parts) > 2 and parts[1] not in SHARED
        return parts[1] if own else None

    def imports(self) -> Iterator[tuple[int, str]]:
        """Line and dotted name; `from a import b` gives `a.b`, which may be a module or a name in one."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                origin = "." * node.level + (node.module or "")
                yield from ((node.lineno, f"{origin}.{alias.name}") for alias in node.names)


class Breach(NamedTuple):
    """A line that breaks a rule; line 0 is the file itself."""

    module: Module
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.module.path}:{self.line}: {self.text}"


Rule = Callable[[Module], Iterator[Breach]]


def outer(name: str) -> str:
    return name.partition(".")[0]


def schemas_import_only_msgspec_and_the_standard_library(module: Module) -> Iterator[Breach]:
    for line, name in module.imports() if module.package == "schemas" else ():
        if outer(name) not in STDLIB | {"msgspec", "schemas"}:
            yield Breach(module, line, f"schemas imports {name}")


def an_adapter_imports_only_the_model_and_the_contract(module: Module) -> Iterator[Breach]:
    if module.package != "adapters" or module.path.name == "registry.py":
        return
    allowed = STDLIB | {"schemas", "msgspec", "pydantic"}
    for line, name in module.imports():
        first, second, *_ = [*name.split("."), "", ""]
        if first == "adapters":
            alone = second != "registry" and (ROOT / "adapters" / f"{second}.py").is_file()
            if not alone and second not in SHARED and (module.vendor is None or second != module.vendor):
                yield Breach(module, line, f"{module.vendor or 'a shared module'} imports {name}")
        elif first not in allowed:
            yield Breach(module, line, f"an adapter imports {name}")


def an_adapter_touches_no_socket_clock_or_dice(module: Module) -> Iterator[Breach]:
    if module.package != "adapters":
        return
    for line, name in module.imports():
        dice = name in {"random", "random.Random"} and module.vendor == "softswitch"
        if outer(name) in OUTSIDE_WORLD and not dice:
            yield Breach(module, line, f"an adapter imports {name}")
    for node in module.nodes:
        match node:
            case ast.Call(func=(ast.Name() | ast.Attribute()) as called):
                text = ast.unparse(called)
                if READS_CLOCK_OR_DICE.search(text):
                    yield Breach(module, node.lineno, f"an adapter calls {text}; time is an argument")
                if text in {"Random", "random.Random"} and not node.args:
                    yield Breach(module, node.lineno, "dice without a seed")
            case ast.Attribute(value=ast.Name(id="random"), attr=attr) if attr != "Random":
                yield Breach(module, node.lineno, f"random.{attr}: only a seeded random.Random")


def the_gateway_sees_adapters_only_through_the_contract(module: Module) -> Iterator[Breach]:
    for line, name in module.imports() if module.package == "gateway" else ():
        if outer(name) in {"tests", "deploy"}:
            yield Breach(module, line, f"the gateway imports {name}")
        first, second, *_ = [*name.split("."), "", ""]
        if first != "adapters" or second in CONTRACT:
            continue
        if module.path == PurePosixPath("gateway/app.py") and name.startswith("adapters.registry."):
            continue
        yield Breach(module, line, f"{module.path.name} imports {name}; only app.py sees the registry")


def imports_are_written_out(module: Module) -> Iterator[Breach]:
    """Relative ones, and those at run time, would slip through the other rules."""
    if module.package not in PACKAGES:
        return
    for line, name in module.imports():
        if name.startswith(".") or name == "importlib.import_module":
            yield Breach(module, line, f"{name} hides what is imported")
    for node in module.nodes:
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in {"__import__", "importlib.import_module", "import_module"}:
                yield Breach(module, node.lineno, f"{called} hides what is imported")


def the_gateway_names_no_vendor(module: Module) -> Iterator[Breach]:
    if module.package != "gateway":
        return
    if found := VENDOR_NAMES.search(str(module.path)):
        yield Breach(module, 0, f"a file named after {found[0]}")
    for line, text in enumerate(module.source.splitlines(), 1):
        if found := VENDOR_NAMES.search(text):
            yield Breach(module, line, f"names {found[0]}")


def any_stays_at_the_wire(module: Module) -> Iterator[Breach]:
    if module.package not in PACKAGES or module.path.name.startswith("wire"):
        return
    lines = [line for line, name in module.imports() if name == "typing.Any"]
    listed = str(module.path) in ANY_ELSEWHERE
    if listed and not lines:
        yield Breach(module, 0, "precise again: take it out of ANY_ELSEWHERE")
    for line in () if listed else lines:
        yield Breach(module, line, "Any outside wire.py")


def exceptions_are_caught_by_name(module: Module) -> Iterator[Breach]:
    for node in module.nodes if module.package in PACKAGES else ():
        if isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type) if node.type else "everything"
            if re.search(r"\b(Exception|BaseException|everything)\b", caught):
                yield Breach(module, node.lineno, f"catches {caught}")


def a_module_is_named_after_its_idea(module: Module) -> Iterator[Breach]:
    if module.path.stem.strip("_") in VAGUE:
        yield Breach(module, 0, f"{module.path.name} says nothing")


def a_package_file_holds_its_docstring_only(module: Module) -> Iterator[Breach]:
    if module.path.name == "__init__.py":
        body = ast.parse(module.source).body
        for node in body:
            docstring = (
                node is body[0] and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            )
            if not docstring:
                yield Breach(module, node.lineno, "more than a docstring in __init__.py")


def a_module_stays_short(module: Module) -> Iterator[Breach]:
    lines = len(module.source.splitlines())
    listed = str(module.path) in LONGER
    if module.is_python and lines > MAX_LINES and not listed:
        yield Breach(module, lines, f"past {MAX_LINES} lines; does it hold one idea?")
    if listed and lines <= MAX_LINES:
        yield Breach(module, lines, "short again: take it out of LONGER")


def nothing_is_left_unfinished(module: Module) -> Iterator[Breach]:
    for line, text in enumerate(module.source.splitlines(), 1):
        if found := UNFINISHED.search(text):
            yield Breach(module, line, f"unfinished or left out: {found[0]}")


def a_wait_ends_by_an_event(module: Module) -> Iterator[Breach]:
    """No test sleeps, or gives up after a few seconds of its own: see tests/patience.py.

    A reason on the same line lets it pass. Those that measure or disturb by the real time need none.
    """
    if module.path.parts[:2] in REAL_TIME or module.package != "tests":
        return
    lines = module.source.splitlines()
    for node in module.nodes:
        if not isinstance(node, ast.Call) or ast.unparse(node.func) not in WAITS:
            continue
        seconds = (*node.args, *(keyword.value for keyword in node.keywords))
        fixed = any(isinstance(one, ast.Constant) and one.value for one in seconds)
        if fixed and "  # " not in lines[node.lineno - 1]:
            yield Breach(module, node.lineno, f"{ast.unparse(node)} goes by the machine's time")


RULES: Final[tuple[Rule, ...]] = (
    schemas_import_only_msgspec_and_the_standard_library,
    an_adapter_imports_only_the_model_and_the_contract,
    an_adapter_touches_no_socket_clock_or_dice,
    the_gateway_sees_adapters_only_through_the_contract,
    imports_are_written_out,
    the_gateway_names_no_vendor,
    any_stays_at_the_wire,
    exceptions_are_caught_by_name,
    a_module_is_named_after_its_idea,
    a_package_file_holds_its_docstring_only,
    a_module_stays_short,
    nothing_is_left_unfinished,
    a_wait_ends_by_an_event,
)


def project() -> Iterator[Module]:
    """Every text file of ours: Python, and what is shipped or run beside it."""
    for package in (*PACKAGES, "tests"):
        for path in sorted((ROOT / package).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".json":
                try:
                    source = path.read_text(encoding="utf-8")
                except UnicodeDecodeError:
                    source = ""  # a picture: only its name can break a rule
                yield Module(path.relative_to(ROOT).as_posix(), source)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_project_keeps(rule: Rule) -> None:
    breaches = [str(breach) for module in project() for breach in rule(module)]
    assert not breaches, "\n".join(["", *breaches])


# Rule, file, a source that breaks the rule once.
BROKEN: Final[tuple[tuple[Rule, str, str], ...]] = (
    (schemas_import_only_msgspec_and_the_standard_library, "schemas/x.py", "from pydantic import BaseModel"),
    (schemas_import_only_msgspec_and_the_standard_library, "schemas/x.py", "import adapters.dialect"),
    (
        an_adapter_imports_only_the_model_and_the_contract,
        "adapters/a/codec.py",
        "from adapters.b import wire",
    ),
    (an_adapter_imports_only_the_model_and_the_contract, "adapters/a/codec.py", "from adapters import b"),
    (an_adapter_imports_only_the_model_and_the_contract, "adapters/a/codec.py", "import adapters.registry"),
    (an_adapter_imports_only_the_model_and_the_contract, "adapters/a/codec.py", "from gateway import state"),
    (an_adapter_imports_only_the_model_and_the_contract, "adapters/a/codec.py", "import aiohttp"),
    (
        an_adapter_imports_only_the_model_and_the_contract,
        "adapters/dialect.py",
        "from adapters.a import wire",
    ),
    (an_adapter_imports_only_the_model_and_the_contract, "adapters/kit/x.py", "from adapters.a import wire"),
    (an_adapter_touches_no_socket_clock_or_dice, "adapters/a/x.py", "import asyncio"),
    (an_adapter_touches_no_socket_clock_or_dice, "adapters/a/x.py", "from time import monotonic"),
    (an_adapter_touches_no_socket_clock_or_dice, "adapters/a/x.py", "from random import Random"),
    (an_adapter_touches_no_socket_clock_or_dice, "adapters/a/x.py", "datetime.now(UTC)"),
    (an_adapter_touches_no_socket_clock_or_dice, "adapters/a/x.py", "datetime.datetime.utcnow()"),
    (an_adapter_touches_no_socket_clock_or_dice, "adapters/a/x.py", "uuid.uuid4()"),
    (an_adapter_touches_no_socket_clock_or_dice, "adapters/softswitch/x.py", "random.choice(agents)"),
    (an_adapter_touches_no_socket_clock_or_dice, "adapters/softswitch/x.py", "random.Random()"),
    (the_gateway_sees_adapters_only_through_the_contract, "gateway/link.py", "import adapters.registry"),
    (the_gateway_sees_adapters_only_through_the_contract, "gateway/link.py", "from adapters import jsonrpc"),
    (the_gateway_sees_adapters_only_through_the_contract, "gateway/app.py", "from adapters.a import codec"),
    (the_gateway_sees_adapters_only_through_the_contract, "gateway/x.py", "from adapters.kit import reading"),
    (the_gateway_sees_adapters_only_through_the_contract, "gateway/app.py", "from tests import conftest"),
    (imports_are_written_out, "gateway/x.py", "from . import state"),
    (imports_are_written_out, "adapters/a/x.py", "importlib.import_module('adapters.b')"),
    (the_gateway_names_no_vendor, "gateway/x.py", "# as Bright Pattern does"),
    (the_gateway_names_no_vendor, "gateway/x.py", "kind = 'GENESYS'"),
    (the_gateway_names_no_vendor, "gateway/console/page.js", "window.brightpattern"),
    (the_gateway_names_no_vendor, "gateway/console/page.html", "<p>a ChannelSession endpoint"),
    (the_gateway_names_no_vendor, "gateway/x.py", "DEFAULT = 'softswitch'"),
    (the_gateway_names_no_vendor, "gateway/incontact.py", ""),
    (any_stays_at_the_wire, "gateway/x.py", "from typing import Any"),
    (any_stays_at_the_wire, "gateway/store/database.py", "Row = tuple[object, ...]"),
    (exceptions_are_caught_by_name, "gateway/x.py", "try: f()\nexcept Exception: g()"),
    (exceptions_are_caught_by_name, "gateway/x.py", "try: f()\nexcept (OSError, BaseException): g()"),
    (exceptions_are_caught_by_name, "gateway/x.py", "try: f()\nexcept: g()"),
    (a_module_is_named_after_its_idea, "gateway/utils.py", ""),
    (a_package_file_holds_its_docstring_only, "gateway/__init__.py", '"""Core."""\nfrom gateway import app'),
    (a_package_file_holds_its_docstring_only, "gateway/__init__.py", "x = 1"),
    (a_module_stays_short, "gateway/x.py", "x = 1\n" * (MAX_LINES + 1)),
    (nothing_is_left_unfinished, "adapters/a/x.py", "# T" + "ODO: the rest"),
    (nothing_is_left_unfinished, "adapters/a/x.py", "raise NotImplemented" + "Error"),
    (nothing_is_left_unfinished, "tests/x.py", "pytest.sk" + "ip('later')"),
    (nothing_is_left_unfinished, "tests/x.py", "@pytest.mark.xf" + "ail"),
    (a_wait_ends_by_an_event, "tests/x.py", "await asyncio.sleep(0.5)"),
    (a_wait_ends_by_an_event, "tests/a/x.py", "import time\ntime.sleep(1)"),
    (a_wait_ends_by_an_event, "tests/a/x.py", "await asyncio.wait_for(future, timeout=5)"),
    (a_wait_ends_by_an_event, "tests/a/x.py", "async with asyncio.timeout(10):\n    await future"),
)


@pytest.mark.parametrize(
    ("rule", "path", "source"), BROKEN, ids=[f"{rule.__name__}-{source[:24]}" for rule, _, source in BROKEN]
)
def test_breach_is_found(rule: Rule, path: str, source: str) -> None:
    breaches = list(rule(Module(path, source)))
    assert len(breaches) == 1, breaches
    assert str(breaches[0]).startswith(f"{path}:")


def test_every_rule_is_shown_to_fail() -> None:
    assert {rule for rule, _, _ in BROKEN} == set(RULES)


KEPT: Final = (
    ("schemas/x.py", "from datetime import datetime\nimport msgspec\nfrom schemas.ids import Ref"),
    (
        "adapters/a/codec.py",
        "from adapters.a import wire\nfrom adapters.dialect import Call\nimport pydantic",
    ),
    ("adapters/a/codec.py", "def received(now): return now + timedelta(seconds=1)"),
    ("adapters/a/codec.py", "from adapters.kit import reading"),
    ("adapters/softswitch/x.py", "import random\ndice = random.Random(7)\ndice.choice((1, 2))"),
    ("adapters/registry.py", "from adapters.a.binding import DIALECT as A"),
    ("gateway/app.py", "from adapters.registry import DIALECTS\nfrom adapters.dialect import Dialect"),
    ("gateway/cli/x.py", "from adapters.capabilities import Support\nfrom adapters.shift import Shift"),
    ("adapters/a/wire.py", "from typing import Any"),
    ("gateway/link.py", "import asyncio\nimport time\nfrom schemas.ids import Ref  # in contact with it"),
    ("gateway/__init__.py", '"""The core."""'),
    (
        "tests/x.py",
        "await asyncio.sleep(0)\nawait asyncio.timeout(PATIENCE_S)\nawait clock.sleep(5)",
    ),
    ("tests/x.py", "await asyncio.sleep(3600)  # longer than the test"),
    ("tests/bench/x.py", "import time\ntime.sleep(0.5)"),
)


@pytest.mark.parametrize(("path", "source"), KEPT)
def test_ordinary_module_breaks_no_rule(path: str, source: str) -> None:
    assert not [str(breach) for rule in RULES for breach in rule(Module(path, source))]
