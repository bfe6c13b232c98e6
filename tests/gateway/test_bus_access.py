"""How a gateway shows NATS servers who it is, and has them show who they are."""

import os
from collections.abc import Iterator
from pathlib import Path

import nkeys  # type: ignore[import-untyped]  # it says no types
import pytest

from gateway.cluster.config import BusConfig
from gateway.cluster.connection import Connection
from schemas.errors import StoreError
from tests.gateway.authority import Authority
from tests.nats_server import NatsServer


class Account:
    """An nkey of a user, in a file of ours; the server knows the public half."""

    def __init__(self, folder: Path) -> None:
        seed = nkeys.encode_seed(os.urandom(32), nkeys.PREFIX_BYTE_USER)
        self.public = nkeys.from_seed(bytearray(seed)).public_key.decode()
        self.file = folder / "user.nk"
        self.file.write_bytes(seed)


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account(tmp_path)


@pytest.fixture
def server(tmp_path: Path, account: Account, authority: Authority) -> Iterator[NatsServer]:
    own = authority.issue("127.0.0.1")
    files = f'cert_file: "{own.certificate}", key_file: "{own.key}", ca_file: "{authority.file}"'
    tls = f"tls {{ {files}, verify: true }}"
    made = NatsServer(tmp_path / "server", users=f'users: [ {{ nkey: "{account.public}" }} ]', more=tls)
    made.start()
    yield made
    made.kill()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


async def test_a_key_and_certificates_are_shown_on_both_sides(
    server: NatsServer, account: Account, authority: Authority
) -> None:
    mine = authority.issue("gateway.example")
    config = BusConfig(
        servers=[f"tls://{server.address}"],
        nkey_file=account.file,
        tls_ca=authority.file,
        tls_cert=mine.certificate,
        tls_key=mine.key,
    )
    connection = Connection(config)
    await connection.open()
    assert connection.max_bytes > 0
    await connection.close()
    for wrong in (
        {"tls_cert": None, "tls_key": None},  # it shows none
        {"nkey_file": None},  # it has no key
        {"tls_ca": None},  # it trusts others
    ):
        refused = Connection(config.model_copy(update=wrong))
        with pytest.raises(StoreError, match="cannot be reached"):
            await refused.open()


async def test_a_wrong_password_is_said_and_not_repeated(nats_server: NatsServer) -> None:
    connection = Connection(BusConfig(servers=[f"nats://trunkline:wrong@{nats_server.address}"]))
    with pytest.raises(StoreError) as told:
        await connection.open()
    assert "wrong" not in str(told.value).lower().replace("authorization", "")
