"""What is deployed, read from its files: the image, Compose's services, the cluster's pod.

A container becomes a process on loopback with what these files give it and nothing else: the command, the
environment, the mounted files. Its paths lie in a folder of the test's, its ports are free ones.
"""

import json
import re
import shlex
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from tests.faults.gateway_process import free_port

ROOT: Final = Path(__file__).parents[2]
DEPLOY: Final = ROOT / "deploy"
_VARIABLE: Final = re.compile(
    r"\$\{(\w+):[-?]([^}]*)\}"
)  # with a default, or a reason why there has to be one


@dataclass(frozen=True)
class Container:
    """One, as its files describe it."""

    command: Sequence[str]
    environment: Mapping[str, str]
    mounts: Mapping[str, Path | str | None]  # a path of ours, or a file's text; None: an empty volume
    ports: Sequence[int]
    workdir: str = "/"
    health: Sequence[str] = ()


@dataclass
class Host:
    """Where containers' paths and ports are on this machine."""

    folder: Path
    ports: dict[int, int] = field(default_factory=dict)
    _paths: dict[str, Path] = field(default_factory=dict)

    def lay_out(self, container: Container, dice: Any) -> None:
        """Make its volumes, lay its files where they are mounted, find ports."""
        for port in container.ports:
            self.ports.setdefault(port, free_port(dice))
        for place in container.mounts:
            self._paths[place] = self.folder / place.lstrip("/")
        for place, source in container.mounts.items():
            here = self._paths[place]
            here.parent.mkdir(parents=True, exist_ok=True)
            if source is None:
                here.mkdir(exist_ok=True)
            elif isinstance(source, str):
                here.write_text(source, encoding="utf-8")
            elif source.is_dir():
                shutil.copytree(source, here)
            else:
                shutil.copy(source, here)

    def path(self, place: str) -> Path:
        """Where a path of the container's is."""
        return Path(self.at(place))

    def at(self, text: str) -> str:
        """A text of the container's, with its paths and ports as they are here."""
        places = "|".join(map(re.escape, sorted(self._paths, key=len, reverse=True)))
        if places:  # all at once: a place here may hold the name of one there
            text = re.sub(
                rf"(?<![\w.-])({places})(?=[/\s'\"]|$)", lambda found: str(self._paths[found[1]]), text
            )
        for port, here in self.ports.items():
            text = re.sub(rf"(?<![\w./-]){port}(?![\w./-])", str(here), text)
        return text

    def environment(self, container: Container) -> dict[str, str]:
        """Its environment, here."""
        return {name: self.at(value) for name, value in container.environment.items()}


def _instructions() -> Iterator[tuple[str, str]]:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    last = text[text.rindex("\nFROM ") + 1 :]
    joined = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", last, flags=re.MULTILINE))
    for line in joined.splitlines():
        name, _, rest = line.partition(" ")
        if name:
            yield name, rest.strip()


def image() -> Container:
    """What the Dockerfile gives a container."""
    found = dict(_instructions())
    environment: dict[str, str] = {}
    for name, rest in _instructions():
        if name == "ENV":
            environment |= dict(word.split("=", 1) for word in shlex.split(rest))
    del environment["PATH"]  # the venv's there, the test's here
    health = found["HEALTHCHECK"]
    return Container(
        command=[*json.loads(found["ENTRYPOINT"]), *json.loads(found["CMD"])],
        environment=environment,
        mounts=dict.fromkeys(found["VOLUME"].split()),
        ports=[int(port) for port in found["EXPOSE"].split()],
        workdir=found["WORKDIR"],
        health=json.loads(health[health.index("CMD ") + 4 :]),
    )


def _substituted(text: str, environment: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: environment.get(found[1], found[2]), text)


def compose(
    service: str, environment: Mapping[str, str] | None = None, file: str = "compose.yaml"
) -> Container:
    """A service of one of Compose's files. `environment` is of whoever calls `docker compose`."""
    text = (DEPLOY / file).read_text(encoding="utf-8")
    document = yaml.safe_load(_substituted(text, environment or {}))
    described = document["services"][service]
    base = image() if "build" in described else Container((), {}, {}, ())
    mounts: dict[str, Path | str | None] = dict(base.mounts)
    for mount in described.get("volumes", ()):
        if isinstance(mount, dict):
            mounts[mount["target"]] = DEPLOY / mount["source"]
        else:
            source, place, *_ = mount.split(":")
            mounts[place] = None if source in document["volumes"] else DEPLOY / source
    entry = base.command[:1]
    return Container(
        command=[*entry, *described["command"]] if "command" in described else base.command,
        environment={**base.environment, **described.get("environment", {})},
        mounts=mounts,
        ports=base.ports or [int(port.split(":")[-1]) for port in described.get("ports", ())],
        workdir=base.workdir,
        health=base.health,
    )


def pod(manifests: Sequence[Mapping[str, Any]]) -> Container:
    """The pod of a Deployment, with what its ConfigMap mounts."""
    by_kind = {one["kind"]: one for one in manifests if one["kind"] in {"Deployment", "ConfigMap"}}
    spec = by_kind["Deployment"]["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    base = image()
    volumes = {one["name"]: one for one in spec["volumes"]}
    mounts: dict[str, Path | str | None] = dict(base.mounts)
    for mount in container["volumeMounts"]:
        volume, place = volumes[mount["name"]], mount["mountPath"]
        if "configMap" in volume:
            assert volume["configMap"]["name"] == by_kind["ConfigMap"]["metadata"]["name"]
            for name, text in by_kind["ConfigMap"]["data"].items():
                mounts[f"{place}/{name}"] = text
        else:
            mounts[place] = None
    injected = {} if spec.get("enableServiceLinks") is False else {"TRUNKLINE_PORT": "tcp://10.0.0.1:80"}
    return Container(
        command=[*base.command[:1], *container.get("args", base.command[1:])],
        environment={
            **base.environment,
            **injected,
            **{one["name"]: str(one["value"]) for one in container.get("env", ()) if "value" in one},
        },
        mounts=mounts,
        ports=[one["containerPort"] for one in container["ports"]],
        workdir=base.workdir,
    )


def kubernetes() -> list[dict[str, Any]]:
    """All that `kubectl apply -k` applies."""
    folder = DEPLOY / "kubernetes"
    listed = yaml.safe_load((folder / "kustomization.yaml").read_bytes())["resources"]
    return [one for name in listed for one in yaml.safe_load_all((folder / name).read_bytes())]
