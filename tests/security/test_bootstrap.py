"""The first key of a gateway that nobody can log in to."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from gateway.config import parse
from gateway.security.bootstrap import bootstrap
from gateway.security.keys import Keys
from gateway.store.memory import MemoryStore
from schemas.errors import ConfigError
from tests.e2e.processes import configure, run, served, stop
from tests.fakes import FakeClock
from tests.gateway.handmade import bench
from tests.security.keyed import ask

OURS: Final = f"tlk_0123456789ab_{'s' * 43}"


def written(path: Path, text: str = OURS, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def named(folder: Path) -> set[str]:
    """The files whose name says that a key is in them."""
    return {one.name for one in folder.iterdir() if "key" in one.name}


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


@pytest.fixture
def keys() -> Keys:
    return Keys(MemoryStore(), FakeClock())


async def test_a_file_that_is_not_there_is_written_for_its_owner_and_a_restart_makes_no_second_key(
    tmp_path: Path,
) -> None:
    file, path = tmp_path / "first.key", str(tmp_path / "store.db")
    before = os.umask(0o777)
    try:
        for _ in range(2):
            async with bench(path=path, overrides={"bootstrap_key_file": str(file)}) as standing:
                assert stat.S_IMODE(file.stat().st_mode) == 0o600
                key = file.read_text().strip()
                assert (await ask(standing, key, "GET", "/v1/keys")).status == 200
                assert (await ask(standing, "", "GET", "/v1/keys")).status == 401
                assert len(standing.gateway.keys.list()) == 1
    finally:
        os.umask(before)
    assert named(tmp_path) == {"first.key"}


@pytest.mark.parametrize("text", [OURS, f"{OURS}\n", f"  {OURS}\r\n"])
@pytest.mark.parametrize("mode", [0o600, 0o400, 0o440])  # the last is how an orchestrator gives a secret
async def test_a_key_of_the_operator_s_is_taken_in_once(
    keys: Keys, tmp_path: Path, text: str, mode: int
) -> None:
    file = written(tmp_path / "key", text, mode)
    other, _ = await keys.create("other", ["links"])
    for _ in range(2):
        await bootstrap(file, keys)
    assert keys.verify(OURS) is not None
    assert {one.id for one in keys.list()} == {other.id, "0123456789ab"}
    assert file.read_text() == text.replace("\r\n", "\n")


async def test_a_key_is_made_only_where_there_is_none(keys: Keys, tmp_path: Path) -> None:
    await keys.create("other", ["links"])
    await bootstrap(tmp_path / "key", keys)
    assert not (tmp_path / "key").exists()
    assert len(keys.list()) == 1


async def test_a_key_that_was_revoked_or_rotated_is_not_brought_back_by_its_file(
    keys: Keys, tmp_path: Path
) -> None:
    file = written(tmp_path / "key")
    await bootstrap(file, keys)
    _, newer = await keys.rotate("0123456789ab", 0)
    await bootstrap(file, keys)
    assert keys.verify(OURS) is None
    assert keys.verify(newer) is not None
    await keys.revoke("0123456789ab")
    for _ in range(2):
        await bootstrap(file, keys)
    assert keys.verify(newer) is None
    assert len(keys.list()) == 1


async def test_a_crash_after_writing_leaves_a_file_that_the_next_start_takes_in(
    keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def killed(_record: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(keys, "add", killed)
        with pytest.raises(KeyboardInterrupt):
            await bootstrap(tmp_path / "key", keys)
    assert not keys.configured()
    (tmp_path / ".key.new").write_text("half of it")  # and of one before that
    await bootstrap(tmp_path / "key", keys)
    assert keys.verify((tmp_path / "key").read_text().strip()) is not None


def folder(path: Path) -> None:
    path.mkdir()


def dangling(path: Path) -> None:
    path.symlink_to(path.with_name("nothing"))


def fifo(path: Path) -> None:
    os.mkfifo(path, 0o600)


BAD: Final[dict[str, tuple[Callable[[Path], object], str]]] = {
    "read by others": (lambda path: written(path, mode=0o644), "others"),
    "read by others alone": (lambda path: written(path, mode=0o604), "others"),
    "written by the group": (lambda path: written(path, mode=0o660), "others"),
    "empty": (lambda path: written(path, ""), "empty"),
    "blank": (lambda path: written(path, " \n"), "empty"),
    "no key": (lambda path: written(path, "secret"), "no key"),
    "another's": (lambda path: written(path, f"sk_0123456789ab_{'s' * 43}"), "no key"),
    "short": (lambda path: written(path, "tlk_0123456789ab_short"), "no key"),
    "two": (lambda path: written(path, f"{OURS}\n{OURS}\n"), "no key"),
    "not text": (lambda path: written(path, "\x00\xff" * 40), "no key"),
    "long": (lambda path: written(path, "x" * 5000), "too long"),
    "folder": (folder, "no file"),
    "link to nothing": (dangling, "leads nowhere"),
    "pipe": (fifo, "no file"),
}


@pytest.mark.parametrize("kind", BAD)
async def test_a_bad_file_is_refused_with_its_name_and_what_is_wrong(
    keys: Keys, tmp_path: Path, kind: str
) -> None:
    make, says = BAD[kind]
    file = tmp_path / "key"
    make(file)
    with pytest.raises(ConfigError, match=says) as refused:
        await bootstrap(file, keys)
    assert str(file) in str(refused.value)
    assert "bootstrap_key_file" in str(refused.value)
    assert "s" * 43 not in str(refused.value)
    assert not keys.configured()


async def test_a_folder_that_is_not_there_is_refused(keys: Keys, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be written: No such file"):
        await bootstrap(tmp_path / "none" / "key", keys)
    assert not keys.configured()


def test_the_environment_names_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUNKLINE_BOOTSTRAP_KEY_FILE", "/run/secrets/first.key")
    assert parse({}, "x").bootstrap_key_file == Path("/run/secrets/first.key")
    monkeypatch.setenv("TRUNKLINE_BOOTSTRAP_KEY_FILE", "")
    assert parse({}, "x").bootstrap_key_file is None


@pytest.mark.whole
async def test_a_container_gets_its_first_key_and_the_log_does_not(tmp_path: Path) -> None:
    """It is reached from other machines, and so would not start without a key."""
    file = tmp_path / "first.key"
    config = configure(tmp_path, host="0.0.0.0")  # noqa: S104
    refused = await run("serve", "--config", config)
    assert refused.code == 1
    assert "no API key" in refused.err
    bad = await run("serve", "--config", config, TRUNKLINE_BOOTSTRAP_KEY_FILE=str(tmp_path))
    assert bad.code == 1
    assert "bootstrap_key_file" in bad.err
    append(Path(config), f"\nbootstrap_key_file: {file}\n")
    async with served(config) as (process, _):
        key = file.read_text().strip()
        listed = await run("keys", "list", "--config", config)
        assert key.split("_")[1] in listed.out
        ended = await stop(process)
    assert ended.code == 0
    assert key.split("_", 2)[2] not in ended.err + ended.out + listed.out
