"""A store is moved to NATS and back, and is the same; a move that is killed is gone on with."""

import asyncio
import secrets
import sys
from hashlib import sha256
from pathlib import Path
from random import Random
from secrets import token_hex

import msgspec
import nats
import pytest

from gateway.cluster.config import BusConfig
from gateway.runtime.clock import SystemClock
from gateway.store.epochs import Place
from gateway.store.jetstream.store import JetStreamStore
from gateway.store.moving import move
from gateway.store.sqlite import SqliteStore
from schemas.errors import StoreError
from schemas.ids import Cursor
from tests.contract.moved import ALL, fill, held
from tests.contract.records import Dial, events, ignore
from tests.nats_server import NatsServer

KILLS = 3  # in each direction


@pytest.fixture
def bus(nats_server: NatsServer) -> BusConfig:
    return BusConfig(servers=[nats_server.url], prefix=f"t{token_hex(6)}", lease_s=1.0)


@pytest.fixture
def dice() -> Random:
    seed = secrets.randbelow(2**32)
    print(f"seed {seed}")  # noqa: T201  # shown when it fails
    return Random(seed)  # noqa: S311  # guards nothing


@pytest.fixture
async def full(tmp_path: Path, dice: Random) -> Path:
    """A file with everything in it."""
    path = tmp_path / "from.db"
    clock = Dial()
    await fill(lambda: SqliteStore(str(path), clock), clock, dice)
    return path


def unseen(_phase: str, _done: int, _total: int) -> None:
    """For moves that nobody watches."""


async def to_nats(path: Path, bus: BusConfig) -> move.Moved:
    return await move.to_nats(str(path), bus, SystemClock(), unseen)


async def to_file(path: Path, bus: BusConfig, *, replace: bool = False) -> move.Moved:
    return await move.to_file(str(path), bus, SystemClock(), unseen, replace=replace)


def bytes_of(path: Path) -> dict[str, str]:
    """What its files are, byte for byte. The index of the log is nobody's data."""
    files = [one for one in (path, Path(f"{path}-wal")) if one.exists() and one.stat().st_size]
    return {one.name: sha256(one.read_bytes()).hexdigest() for one in files}


def beside(path: Path) -> list[str]:
    """All files of which the names begin like this one's."""
    return sorted(one.name for one in path.parent.iterdir() if one.name.startswith(path.stem))


async def killed(step: int, target: str, path: Path, bus: BusConfig) -> int | None:
    """Move in a process that ends by SIGKILL at that step; if there were fewer, how many there were."""
    password = bus.password.get_secret_value() if bus.password else None
    settings = {"servers": bus.servers, "prefix": bus.prefix, "user": bus.user, "lease_s": 1.0}
    settings["password"] = password
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.contract.moved", str(step), target, str(path)),
        msgspec.json.encode(settings).decode(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode in {0, -9}, err.decode()
    return int(out) if process.returncode == 0 else None


async def test_there_and_back_every_row_is_the_same(full: Path, bus: BusConfig, tmp_path: Path) -> None:
    before = bytes_of(full)
    there = await to_nats(full, bus)
    assert not there.before
    assert bytes_of(full) == before
    assert there.figures.events == ALL + 5
    assert not there.chain

    back = tmp_path / "back.db"
    found = await to_file(back, bus)
    assert found.figures == there.figures
    assert beside(back) == ["back.db"]
    assert held(back) == held(full)
    assert back.stat().st_mode & 0o077 == 0

    assert (await to_nats(full, bus)).before  # once more: it is there, and is compared
    assert (await to_file(back, bus)).before


async def test_gateways_go_on_with_it_and_places_hold(full: Path, bus: BusConfig, tmp_path: Path) -> None:
    first = SqliteStore(str(full))
    await first.open()
    read = [Place(one.first, one.id) for one in first.epochs]
    secret, head = await first.secret("link-tokens"), await first.audit.head()
    private = await first.read_private()
    everything = await first.read(Cursor(0), 1_000)
    await first.close()
    await to_nats(full, bus)

    second = JetStreamStore(bus, str(tmp_path / "node.db"))
    await second.open()
    assert second.last_cursor() == ALL + 5
    assert all(second.epochs.holds(place) for place in read[:-1])
    assert await second.secret("link-tokens") == secret
    assert await second.audit.head() == head
    assert await second.read_private() == private
    assert await second.read(Cursor(0), 1_000) == everything
    told = events(ALL + 6, ALL + 9)
    second.append(told, ignore)
    await second.barrier()
    read.append(Place(Cursor(ALL + 7), list(second.epochs)[-1].id))
    await second.close()
    with pytest.raises(StoreError, match="is not empty"):
        await to_nats(full, bus)  # something has happened there since

    back = tmp_path / "back.db"
    await to_file(back, bus)
    third = SqliteStore(str(back))
    await third.open()
    assert await third.read(Cursor(0), 1_000) == [*everything, *told]
    assert third.epochs.holds(read[-1])
    assert third.epochs.holds(read[0])
    await third.close()


async def test_what_erasing_left_on_nats_is_moved(bus: BusConfig, tmp_path: Path, dice: Random) -> None:
    clock = Dial()
    await fill(lambda: JetStreamStore(bus, str(tmp_path / "node.db"), clock), clock, dice)
    first, second = tmp_path / "first.db", tmp_path / "second.db"
    await to_file(first, bus)
    again = bus.model_copy(update={"prefix": f"t{token_hex(6)}"})
    await to_nats(first, again)
    await to_file(second, again)
    assert held(first) == held(second)
    found = held(first)["events"]
    assert isinstance(found, list)
    assert [one.body for _, one in found if one.cursor % 7 == 0] == [b'{"erased":true}'] * (ALL // 7)


@pytest.mark.parametrize("target", ["nats", "sqlite"])
async def test_a_move_that_is_killed_is_gone_on_with(
    target: str, full: Path, bus: BusConfig, tmp_path: Path, dice: Random
) -> None:
    back = tmp_path / "back.db"
    if target == "sqlite":
        await to_nats(full, bus)
    path = full if target == "nats" else back
    for _ in range(KILLS):
        step = dice.randint(1, 8)
        print(f"killed at step {step}")  # noqa: T201  # shown when it fails
        if await killed(step, target, path, bus) is not None:
            break  # there was less left to do
        if target == "nats":
            unfinished = JetStreamStore(bus, str(tmp_path / "node.db"))
            with pytest.raises(StoreError, match="trunkline migrate"):
                await unfinished.open()  # no gateway takes a part for the whole
        else:
            assert not back.exists()
    await (to_nats if target == "nats" else to_file)(path, bus)
    if target == "nats":
        await to_file(back, bus)
    assert held(back) == held(full)


async def test_a_source_that_went_on_is_copied_anew(full: Path, bus: BusConfig, tmp_path: Path) -> None:
    assert await killed(5, "nats", full, bus) is None
    store = SqliteStore(str(full))
    await store.open()
    store.append(events(ALL + 6, ALL + 9), ignore)
    await store.put_tenants({"p1": "other"})
    await store.close()
    other = tmp_path / "other.db"
    stranger = SqliteStore(str(other))
    await stranger.open()
    await stranger.close()
    with pytest.raises(StoreError, match="another store is being moved there"):
        await to_nats(other, bus)
    await to_nats(full, bus)
    await to_file(tmp_path / "back.db", bus)
    assert held(tmp_path / "back.db") == held(full)


async def test_what_is_in_use_or_taken_is_refused(full: Path, bus: BusConfig, tmp_path: Path) -> None:
    running = SqliteStore(str(full))
    await running.open()
    with pytest.raises(StoreError, match="stop the gateway first"):
        await to_nats(full, bus)
    await running.close()
    before = held(full)
    gateway = JetStreamStore(bus, str(tmp_path / "node.db"))
    await gateway.open()
    for work in (to_nats(full, bus), to_file(tmp_path / "back.db", bus)):
        with pytest.raises(StoreError, match="stop the gateway first"):
            await work
    await gateway.close()
    with pytest.raises(StoreError, match="is not empty"):
        await to_nats(full, bus)
    with pytest.raises(StoreError, match="--force"):
        await to_file(full, bus)
    assert held(full) == before
    moved = await to_file(full, bus, replace=True)
    assert held(Path(moved.former)) == before


async def test_a_copy_that_is_not_the_same_is_not_used(full: Path, bus: BusConfig) -> None:
    class EndedError(Exception):
        pass

    def end_before_comparing(phase: str, _done: int, _total: int) -> None:
        if phase == "compare":
            raise EndedError

    with pytest.raises(EndedError):
        await move.to_nats(str(full), bus, SystemClock(), end_before_comparing)
    password = bus.password.get_secret_value() if bus.password else None
    client = await nats.connect(bus.servers, user=bus.user, password=password)
    one = msgspec.msgpack.encode({"name": "p0", "platform_id": "p0", "tenant": "somebody else's"})
    await client.jetstream().publish(f"$KV.{bus.prefix}-state.tenants.p0", one)
    await client.close()
    with pytest.raises(StoreError, match="not the same, and is not used: tenants: as many rows, and others"):
        await to_nats(full, bus)
