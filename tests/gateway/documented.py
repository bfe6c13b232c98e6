"""Answers of a running gateway held against its own documents, to the last field."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from jsonschema import Draft202012Validator

from gateway.api.contract import Contract
from gateway.http.operations import Operation
from tests.e2e.world import Reply
from tests.gateway.handmade import Bench

REF: Final = "#/components/schemas/"


def at(document: object, *path: str) -> dict[str, Any]:
    """The object under a path of keys."""
    for key in path:
        assert isinstance(document, dict), path
        document = document[key]
    assert isinstance(document, dict), path
    return document


def references(value: object) -> Iterator[str]:
    """Every reference in a document."""
    match value:
        case dict():
            if isinstance(ref := value.get("$ref"), str):
                yield ref
            for one in value.values():
                yield from references(one)
        case list() | tuple():
            for one in value:
                yield from references(one)
        case _:
            pass


def resolve(document: object, ref: str) -> object:
    """What a reference leads to. Fails if it leads nowhere."""
    assert ref.startswith("#/"), ref
    for key in ref[2:].split("/"):
        assert isinstance(document, dict), ref
        assert key in document, ref
        document = document[key]
    return document


def plain(document: object) -> dict[str, Any]:
    """As a client reads it."""
    return msgspec.json.decode(msgspec.json.encode(document), type=dict[str, Any])


class Checker:
    """Checks against the schemas of one document. Nothing may be in an answer that is not described."""

    def __init__(self, document: Mapping[str, object]) -> None:
        read = plain(document)
        for schema in at(read, "components", "schemas").values():
            if "properties" in schema:
                schema["additionalProperties"] = False
        self._components = read["components"]

    def check(self, schema: Mapping[str, object], value: object) -> None:
        """Fails where the value is not as the schema says."""
        validator = Draft202012Validator({**schema, "components": self._components})
        wrong = [f"{one.json_path}: {one.message[:300]}" for one in validator.iter_errors(value)]
        assert not wrong, (schema, wrong)

    def check_named(self, name: str, value: object) -> None:
        """The same, by the name of a component."""
        self.check({"$ref": REF + name}, value)


class Client:
    """Makes requests, and holds every answer against what is documented for it."""

    def __init__(self, bench: Bench, contract: Contract) -> None:
        self._bench = bench
        self._document = plain(contract.openapi)
        self._checker = Checker(contract.openapi)
        self._operations = contract.operations
        self.headers: dict[str, str] = {}  # of every request that has no others
        self.seen: set[tuple[str, int]] = set()  # operations and statuses

    def find(self, method: str, path: str) -> Operation:
        """The operation that a request is for."""
        for one in self._operations:
            pattern = re.sub(r"{\w+}", "[^/]+", one.path)
            if one.method == method and re.fullmatch(pattern, path.partition("?")[0]):
                return one
        raise AssertionError(f"{method} {path} is not documented")

    async def __call__(
        self,
        address: str,
        body: object = None,
        *,
        expect: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """One request, such as `GET /v1/platforms`; returns the JSON answer, empty where there is none."""
        method, _, path = address.partition(" ")
        one = self.find(method, path)
        reply = await self._bench.request(method, path, body, headers or self.headers)
        assert reply.status == expect, (address, reply)
        told = self._checked(one, reply)
        self.seen.add((one.id, reply.status))
        return told

    def _checked(self, one: Operation, reply: Reply) -> dict[str, Any]:
        documented = at(self._document, "paths", one.path, one.method.lower(), "responses", str(reply.status))
        content = at(documented, "content") if "content" in documented else {}
        if not content:
            assert reply.body == b"", reply
            return {}
        ((media, described),) = content.items()
        if not media.endswith("json"):
            return {}
        told = reply.json()
        self._checker.check(at(described, "schema"), told)
        return told
