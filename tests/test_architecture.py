"""The project keeps the rules of its style (architecture.py), and each is shown a module that breaks it."""

from collections.abc import Iterator
from typing import Final

import pytest

from tests.architecture import (
    MAX_LINES,
    PACKAGES,
    ROOT,
    RULES,
    Module,
    Rule,
    a_module_is_named_after_its_idea,
    a_module_stays_short,
    a_package_file_holds_its_docstring_only,
    a_room_knows_only_those_before_it,
    a_wait_ends_by_an_event,
    an_adapter_imports_only_the_model_and_the_contract,
    an_adapter_touches_no_socket_clock_or_dice,
    any_stays_at_the_wire,
    exceptions_are_caught_by_name,
    imports_are_written_out,
    nothing_is_left_unfinished,
    schemas_import_only_msgspec_and_the_standard_library,
    the_gateway_names_no_vendor,
    the_gateway_sees_adapters_only_through_the_contract,
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
    (
        schemas_import_only_msgspec_and_the_standard_library,
        "schemas/x.py",
        "import adapters.contract.dialect",
    ),
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
        "adapters/contract/dialect.py",
        "from adapters.a import wire",
    ),
    (
        an_adapter_imports_only_the_model_and_the_contract,
        "adapters/contract/dialect.py",
        "from adapters.kit import jsonrpc",
    ),
    (an_adapter_imports_only_the_model_and_the_contract, "adapters/kit/x.py", "import adapters.a.wire"),
    (an_adapter_touches_no_socket_clock_or_dice, "adapters/a/x.py", "import asyncio"),
    (an_adapter_touches_no_socket_clock_or_dice, "adapters/a/x.py", "from time import monotonic"),
    (an_adapter_touches_no_socket_clock_or_dice, "adapters/a/x.py", "from random import Random"),
    (an_adapter_touches_no_socket_clock_or_dice, "adapters/a/x.py", "datetime.now(UTC)"),
    (an_adapter_touches_no_socket_clock_or_dice, "adapters/a/x.py", "datetime.datetime.utcnow()"),
    (an_adapter_touches_no_socket_clock_or_dice, "adapters/a/x.py", "uuid.uuid4()"),
    (an_adapter_touches_no_socket_clock_or_dice, "adapters/softswitch/x.py", "random.choice(agents)"),
    (an_adapter_touches_no_socket_clock_or_dice, "adapters/softswitch/x.py", "random.Random()"),
    (the_gateway_sees_adapters_only_through_the_contract, "gateway/link.py", "import adapters.registry"),
    (
        the_gateway_sees_adapters_only_through_the_contract,
        "gateway/link.py",
        "from adapters.kit import jsonrpc",
    ),
    (the_gateway_sees_adapters_only_through_the_contract, "gateway/app.py", "from adapters.a import codec"),
    (the_gateway_sees_adapters_only_through_the_contract, "gateway/app.py", "from tests import conftest"),
    (a_room_knows_only_those_before_it, "gateway/store/x.py", "from gateway.events.router import Router"),
    (a_room_knows_only_those_before_it, "gateway/store/x.py", "from gateway import config"),
    (a_room_knows_only_those_before_it, "gateway/config.py", "import gateway.app"),
    (a_room_knows_only_those_before_it, "gateway/attic/x.py", ""),
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
        "from adapters.a import wire\nfrom adapters.contract.dialect import Call\nimport pydantic",
    ),
    ("adapters/a/codec.py", "def received(now): return now + timedelta(seconds=1)"),
    ("adapters/softswitch/x.py", "import random\ndice = random.Random(7)\ndice.choice((1, 2))"),
    ("adapters/registry.py", "from adapters.a.binding import DIALECT as A"),
    (
        "gateway/app.py",
        "from adapters.registry import DIALECTS\nfrom adapters.contract.dialect import Dialect",
    ),
    (
        "gateway/cli/x.py",
        "from adapters.contract.capabilities import Support\nimport adapters.contract.demo_script",
    ),
    ("adapters/a/wire.py", "from typing import Any"),
    (
        "gateway/links/link.py",
        "import asyncio\nimport time\nfrom schemas.ids import Ref  # in contact with it",
    ),
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
