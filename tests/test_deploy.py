"""What is deployed agrees with itself and with the gateway, and ties nobody to a machine or a registry."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import yaml

from gateway import config

ROOT: Final = Path(__file__).parents[1]
DEPLOY: Final = ROOT / "deploy"
FILES: Final = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
# Templates of the chart are YAML once they are rendered: see tests/deploy/test_helm.py.
YAML: Final = [path for path in FILES if path.suffix in {".yaml", ".yml"} and path.parent.name != "templates"]
HOSTS: Final = re.compile(
    r"pypi\.[o]rg|python[h]osted|docker\.[i]o|(gh|g)cr\.[i]o|quay\.[i]o|npm[j]s|registry\.|index-url|find-links"
)
MACHINE: Final = re.compile(r"file://|/home/|/root/|/work/|/opt/|/Users/")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def find(value: object, key: str) -> Iterator[object]:
    """Every value under that key, however deep."""
    match value:
        case dict():
            yield from (member for at, member in value.items() if at == key)
            for member in value.values():
                yield from find(member, key)
        case list():
            for member in value:
                yield from find(member, key)
        case _:
            pass


def kubernetes(file: str) -> object:
    return yaml.safe_load((DEPLOY / "kubernetes" / file).read_bytes())


@pytest.mark.parametrize("path", YAML, ids=name)
def test_yaml_is_readable(path: Path) -> None:
    assert all(isinstance(document, dict) for document in yaml.safe_load_all(path.read_bytes()))


@pytest.mark.parametrize("path", [*FILES, ROOT / "Makefile", ROOT / ".ci" / "run"], ids=name)
def test_file_names_no_registry_and_no_machine(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    options = {"--no-emit-index-url", "--no-emit-find-links"}  # which keep them out
    found = [
        f"{name(path)}:{at}: {line.strip()}"
        for at, line in enumerate(lines, 1)
        for text in [re.sub("|".join(options), "", line)]
        if HOSTS.search(text) or MACHINE.search(text)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("lock", ["runtime.txt", "nats.txt", "otel.txt", "dev.txt"])
def test_every_locked_package_is_pinned_and_hashed(lock: str) -> None:
    text = (DEPLOY / "locks" / lock).read_text(encoding="utf-8")
    for entry in re.split(r"\n(?=\S)", text.strip()):
        first, *rest = entry.split(" \\\n")
        assert re.fullmatch(r"[a-z0-9-]+==[^ ]+( ; .+)?", first)
        assert rest, f"{first} has no hash"
        assert all(re.fullmatch(r" +--hash=sha256:[0-9a-f]{64}", line.rstrip()) for line in rest)


@pytest.mark.parametrize("lock", ["runtime.txt", "nats.txt", "otel.txt", "dev.txt"])
def test_locks_hold_what_the_project_declares(lock: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    wanted += project["project"]["optional-dependencies"].get(lock.removesuffix(".txt"), [])
    locked = set(
        re.findall(r"^([a-z0-9-]+)==", (DEPLOY / "locks" / lock).read_text(encoding="utf-8"), re.MULTILINE)
    )
    names = {re.split(r"[\[<>=~;! ]", each)[0].lower().replace(".", "-") for each in wanted}
    assert names <= locked, "run make lock"


def test_locks_agree() -> None:
    runtime, nats, otel, dev = (
        set(re.findall(r"^(\S+==\S+)", (DEPLOY / "locks" / lock).read_text(encoding="utf-8"), re.MULTILINE))
        for lock in ("runtime.txt", "nats.txt", "otel.txt", "dev.txt")
    )
    assert runtime <= nats <= dev
    assert runtime <= otel <= dev


def test_example_configuration_is_valid() -> None:
    example = config.load(DEPLOY / "config.example.yaml")
    assert {platform.dialect for platform in example.platforms.values()} == {
        *("softswitch", "bright_pattern"),
        *("genesys_wwe", "channel_session"),
    }


def test_cluster_configuration_is_valid() -> None:
    (text,) = find(kubernetes("configmap.yaml"), "config.yaml")
    assert config.parse(yaml.safe_load(str(text)), "configmap.yaml").platforms


def test_cluster_runs_one_unprivileged_process_on_the_store() -> None:
    deployment = kubernetes("deployment.yaml")
    assert list(find(deployment, "replicas")) == [1]
    assert {"type": "Recreate"} in find(deployment, "strategy")
    assert list(find(deployment, "runAsNonRoot")) == [True]
    assert list(find(deployment, "readOnlyRootFilesystem")) == [True]
    assert {"path": "/healthz", "port": "metrics"} in find(find_one(deployment, "livenessProbe"), "httpGet")
    assert {"path": "/readyz", "port": "metrics"} in find(find_one(deployment, "readinessProbe"), "httpGet")


def find_one(value: object, key: str) -> object:
    (found,) = find(value, key)
    return found


def test_image_is_hash_checked_unprivileged_and_watched() -> None:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert "--require-hashes -r nats.txt" in text
    assert re.search(r"^USER [1-9]\d*:", text, re.MULTILINE)
    assert re.search(r"HEALTHCHECK(.*\\\n)+.*/healthz", text)
    assert re.search(r"^ARG BASE=[\w.:-]+$", text, re.MULTILINE)
