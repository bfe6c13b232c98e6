"""Who may import whom, and what may be named where: the rules of the project's style, as tests.

Each rule reads one module at a time, as text and as syntax tree, and yields breaches with file and line.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[1]
PACKAGES: Final = ("schemas", "adapters", "gateway")
MAX_LINES: Final = 400
LONGER: Final[Mapping[str, str]] = {}  # path -> why it holds one idea all the same

# path -> why a precise type does not work; `wire.py` needs no reason
ANY_ELSEWHERE: Final[Mapping[str, str]] = {
    "adapters/contract/dialect.py": "ErasedDialect: the core hands each dialect its settings back unseen",
    "gateway/store/database.py": "a row: SQL is as untyped as a wire",
}
# What dialects share: `contract` is what the gateway sees, `kit` is for dialects, and may know the contract.
SHARED: Final = ("contract", "kit")

# The rooms of the gateway: each may know those before it, so that none know each other in a circle.
ROOMS: Final = (
    *("runtime", "telemetry", "cluster", "store", "outbound", "security", "numbers", "platforms", "state"),
    *("events", "http"),
    *("links", "commands", "queries", "webhooks", "crm", "maintenance", "api", "sign_in", "facades", "phone"),
    *("console", "nodes", "spans"),
    *("config", "app", "demo", "workers", "cli", "__main__"),
)

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
            room = module.path.parts[1]
            if second not in {room, "contract"} | ({"kit"} if module.vendor else set()):
                yield Breach(module, line, f"{room} imports {name}")
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
        if first != "adapters" or second == "contract":
            continue
        if module.path == PurePosixPath("gateway/app.py") and name.startswith("adapters.registry."):
            continue
        yield Breach(module, line, f"{module.path.name} imports {name}; only app.py sees the registry")


def a_room_knows_only_those_before_it(module: Module) -> Iterator[Breach]:
    """Also a room of which the order says nothing is a breach: where does it stand?"""
    if module.package != "gateway" or not module.is_python or module.path.name == "__init__.py":
        return
    room = module.path.parts[1].removesuffix(".py")
    if room not in ROOMS:
        yield Breach(module, 0, f"{room} has no place in the order of rooms")
        return
    for line, name in module.imports():
        outside, other, *_ = [*name.split("."), ""]
        if outside == "gateway" and other not in ROOMS[: ROOMS.index(room) + 1]:
            yield Breach(module, line, f"{room} imports {name}, which comes after it")


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
    a_room_knows_only_those_before_it,
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
