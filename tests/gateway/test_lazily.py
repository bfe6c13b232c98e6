"""Modules of the command line that are loaded when something of them is used."""

import sys

import pytest

import gateway.cli
from gateway.cli.lazily import lazily

NAME = "gateway.cli.findings"


def test_a_module_is_an_attribute_of_its_package_before_anything_of_it_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, NAME, raising=False)
    monkeypatch.delattr(gateway.cli, "findings", raising=False)
    module = lazily(NAME)
    assert vars(gateway.cli)["findings"] is module
    assert lazily(NAME) is module
