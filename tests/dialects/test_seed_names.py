"""No name of the documents that the project was created from is forgotten.

`<dialect>/seed_names.json` lists, for each of those documents, every name that it uses: methods, events,
other words that frames carry (`messages`), fields, states, enums, types, positional parameters, and what else
it mentions; `not_names` are look-alikes with the reason they are none. Three degrees of proof:

    methods, events, messages, states   in a golden frame
    fields, enums                       in a golden frame, a struct of wire.py or a constant of the adapter
    types, parameters, mentioned        anywhere in the adapter's folder: they never cross the wire as words

Where the documents lie beside the checkout, the lists themselves are checked against them.
"""

import ast
import importlib
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Final

import msgspec
import pytest

ROOT: Final = Path(__file__).parents[2]
HERE: Final = Path(__file__).parent
SEEDS: Final = ROOT.parent / "shared" / "seeds"

NameLists = Mapping[str, tuple[str, ...]]


class SeedNames(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The names of one document."""

    methods: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    states: NameLists = {}
    enums: NameLists = {}
    types: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    mentioned: tuple[str, ...] = ()
    not_names: Mapping[str, str] = {}

    def by_degree(self) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
        """Names with what they are: to be in a golden frame, in a table, anywhere in the adapter."""
        golden = dict.fromkeys(self.methods, "method") | dict.fromkeys(self.events, "event")
        golden |= dict.fromkeys(self.messages, "message")
        golden |= {name: of for of, names in self.states.items() for name in names}
        table = {name: of for of, names in self.enums.items() for name in names}
        table |= dict.fromkeys(self.fields, "field")
        anywhere = dict.fromkeys(self.types, "type") | dict.fromkeys(self.parameters, "parameter")
        anywhere |= dict.fromkeys(self.mentioned, "mentioned")
        return golden, table, anywhere

    def all(self) -> set[str]:
        """Every name, of whatever degree."""
        return {name for degree in self.by_degree() for name in degree}


class NameFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One seed_names.json."""

    seeds: Mapping[str, SeedNames]


LISTS: Final = {
    path.parent.name: msgspec.json.decode(path.read_bytes(), type=NameFile)
    for path in sorted(HERE.glob("*/seed_names.json"))
}
CASES: Final = [
    (dialect, seed, names) for dialect, file in LISTS.items() for seed, names in file.seeds.items()
]
IDS: Final = [f"{dialect}-{seed.partition('_')[0]}" for dialect, seed, _ in CASES]


class _Golden(msgspec.Struct, frozen=True):
    frame: msgspec.Raw


def words(value: object) -> Iterator[str]:
    """Every key and string of a JSON value; of a dotted string also what stands after its dots."""
    match value:
        case dict():
            for key, member in value.items():
                yield str(key)
                yield from words(member)
        case list():
            for member in value:
                yield from words(member)
        case str():
            yield value
            yield from (value[dot.end() :] for dot in re.finditer(r"\.", value))
        case _:
            pass


@cache
def golden_names(dialect: str) -> frozenset[str]:
    """What the golden frames say in the vendor's words; the canonical side of the files does not count."""
    frames = (
        msgspec.json.decode(msgspec.json.decode(path.read_bytes(), type=_Golden).frame)
        for path in sorted((HERE / dialect / "frames").glob("*.json"))
    )
    return frozenset(word for frame in frames for word in words(frame))


def constants(source: str) -> Iterator[str]:
    """The string constants of a module, but for docstrings."""
    tree = ast.parse(source)
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def wire_fields(module: ModuleType) -> Iterator[str]:
    """The fields of a module's structs, as frames spell them."""
    for kind in vars(module).values():
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            yield from kind.__struct_encode_fields__


@cache
def table_names(dialect: str) -> frozenset[str]:
    """The constants of the adapter and the fields of its wire structs."""
    names: set[str] = set()
    for path in sorted((ROOT / "adapters" / dialect).glob("*.py")):
        names.update(constants(path.read_text(encoding="utf-8")))
        if path.name.startswith("wire"):
            names.update(wire_fields(importlib.import_module(f"adapters.{dialect}.{path.stem}")))
    return frozenset(names)


@cache
def adapter_text(dialect: str) -> str:
    """Everything that is written in the adapter's folder, the browser's part included."""
    return "\n".join(
        path.read_text(encoding="utf-8")
        for path in sorted((ROOT / "adapters" / dialect).rglob("*"))
        if path.suffix in {".py", ".js"}
    )


def is_written(name: str, text: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) is not None


@pytest.mark.parametrize(("dialect", "seed", "names"), CASES, ids=IDS)
def test_every_message_and_state_has_a_golden_frame(dialect: str, seed: str, names: SeedNames) -> None:
    golden, _, _ = names.by_degree()
    missing = [f"{name} ({what})" for name, what in golden.items() if name not in golden_names(dialect)]
    assert not missing, f"{dialect}: {seed} has them, no golden frame does: {', '.join(missing)}"


@pytest.mark.parametrize(("dialect", "seed", "names"), CASES, ids=IDS)
def test_every_field_and_enum_value_is_known(dialect: str, seed: str, names: SeedNames) -> None:
    known = golden_names(dialect) | table_names(dialect)
    _, table, _ = names.by_degree()
    missing = [f"{name} ({what})" for name, what in table.items() if name not in known]
    assert not missing, f"{dialect}: {seed} has them, no frame, wire struct or table: {', '.join(missing)}"


@pytest.mark.parametrize(("dialect", "seed", "names"), CASES, ids=IDS)
def test_every_other_name_is_accounted_for(dialect: str, seed: str, names: SeedNames) -> None:
    golden, text = golden_names(dialect), adapter_text(dialect)
    _, _, anywhere = names.by_degree()
    missing = [
        f"{name} ({what})"
        for name, what in anywhere.items()
        if name not in golden and not is_written(name, text)
    ]
    assert not missing, f"{dialect}: {seed} has them, adapters/{dialect} nowhere: {', '.join(missing)}"


def test_lists_cover_the_five_documents() -> None:
    assert sorted(seed.partition("_")[0] for _, seed, _ in CASES) == ["000", "001", "002", "003", "004"]


def test_names_are_read_from_frames_and_sources() -> None:
    frame = {"method": "a.b.consult", "params": [{"userData": {"k": "v"}}, 7]}
    assert set(words(frame)) == {
        *("method", "a.b.consult", "b.consult", "consult"),
        *("params", "userData", "k", "v"),
    }
    assert list(constants('"""Doc."""\nT = {"IN": D}  # "out"\n')) == ["IN"]
    module = ModuleType("wire")
    vars(module)["Party"] = msgspec.defstruct("Party", [("user_id", str)], rename="camel")
    assert list(wire_fields(module)) == ["userId"]
    assert not is_written("hold", "on_hold holding hold-up")
    assert is_written("hold", '"hold"')


# --- against the documents themselves, where they are at hand

EXTRACTORS: Final[Mapping[str, tuple[str, ...]]] = {
    "bright_pattern": (
        r"^\s*(\w+)\??:\s",
        r"\bdata\.(\w+)(?:\.(\w+))?",
        r"\btype (\w+) =",
        r"\b(ON_[A-Z_]+)",
        r"(?m)^(\w+)\([^\n]*\): Promise",
        r"\((\w+)\??: |, (\w+)\??: ",
        r"OperationResult<(\w+)>",
        r"""["'“]([\w-]+)["'”]""",
        r"(?m)^(\w+)\??(?: \w[^\n]*)? (?:Required|Optional|N) ",
        r"(?m)^  • (\w+)\??$",
        r"the (\w+)(?: API)? method",
        r"\badApi\.(\w+)\(",
        r"\bnew (\w+)\(",
        r"  • ([A-Z]\w+ error)$",
        r"\b(\w+)\[\]",
        r"Record<(\w+)",
    ),
    "genesys_wwe": (
        r"<static> (?:[\w.]+\.)?(\w+)\(",
        r"<static> [\w.]+\(([^)]*)\)",
        r'"(\w+)":',
        r'"([A-Z]+(?:_[A-Z]+)*)"',
        r'"(WWE Server)"',
        r"(?m)^- ([A-Z_]+) —",
        r"ossible values are: ([A-Z][^.]*)\.",
        r"(?m)^(\w+)\n\|\n(?:string|boolean|object|function|Array|interaction)\b",
        r"(?m)^- \[?(\w+)\]? \(string\)",
        r'"(chat|voice)"',
        r"interaction\.([A-Z]\w+)",
        r"\bevent ([A-Z]+)\b",
        r'"(\w+)" event',
        r"\bgenesys\.wwe\.service\.(\w+)\(",
        r"(service-client-api[\w.-]+)",
        r"\b(attr_\w+)",
    ),
    "channel_session": (
        r'"(\w+)":',
        r'"([a-z]+(?:\.[a-zA-Z]+)*)"',
        r'"(inContact\.\w+)"',
        r"\b((?:session|channel|channelgroup|interaction|conversation|directory|state)(?:\.[a-z]+)+)\b",
        r'"(\w+)" (?:property|properties|of the)',
        r"in the ([A-Z]{3,}) state",
        r'value of "(\w+)", "(\w+)", or "(\w+)\.',
        r"a (Needs\w+) ",
    ),
}
# Whatever looks like an identifier, in any document.
ANYWHERE: Final = (r"\b([a-z]+[A-Z]\w*)\b", r"\b([A-Z][a-z]+[A-Z]\w*)\b", r"\b([A-Z]{2,}(?:_[A-Z]+)+)\b")
# Words of the examples' languages.
NOT_NAMES: Final = frozenset({"string", "number", "boolean", "null", "undefined", "or", "JavaScript"})


def found_in(dialect: str, text: str) -> set[str]:
    names: set[str] = set()
    for pattern in (*EXTRACTORS[dialect], *ANYWHERE):
        for match in re.finditer(pattern, text, re.MULTILINE):
            for group in filter(None, match.groups()):
                listed = re.split(r", | or |, or ", group) if ", " in group or " or " in group else [group]
                names.update(name.strip() for name in listed)
    return names


if SEEDS.is_dir():

    @pytest.mark.parametrize(("dialect", "seed", "names"), CASES, ids=IDS)
    def test_listed_name_stands_in_the_document(dialect: str, seed: str, names: SeedNames) -> None:
        text = (SEEDS / seed).read_text(encoding="utf-8")
        squeezed = re.sub(r"\s+", "", text)
        absent = [
            name
            for name in names.all() | set(names.not_names)
            if not is_written(name, text) and re.sub(r"\s+", "", name) not in squeezed
        ]
        assert not absent, f"{dialect}: not in {seed}: {sorted(absent)}"

    @pytest.mark.parametrize(("dialect", "seed", "names"), CASES, ids=IDS)
    def test_document_has_no_name_that_is_not_listed(dialect: str, seed: str, names: SeedNames) -> None:
        found = found_in(dialect, (SEEDS / seed).read_text(encoding="utf-8"))
        unlisted = found - names.all() - set(names.not_names) - NOT_NAMES
        assert not unlisted, f"{dialect}: {seed} also has {sorted(unlisted)}"
