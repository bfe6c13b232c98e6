"""A store on another machine's file system, where locks may not hold: seen, and said to the operator."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.store import files
from gateway.store.files import network
from tests.gateway.handmade import bench

# As proc(5) prints them: id, parent, device, root, mount point, options, optional fields, " - ", kind, ...
LOCAL = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw"
KINDS = {
    **dict.fromkeys(("nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "lustre", "glusterfs", "virtiofs"), True),
    **dict.fromkeys(("fuse.sshfs", "fuse.rclone", "fuse.gcsfuse", "fuse.s3fs", "ocfs2", "gfs2"), True),
    **dict.fromkeys(("ext4", "xfs", "btrfs", "overlay", "tmpfs", "zfs", "fuseblk", "fuse.mergerfs"), False),
}


def mounted(point: object, kind: str) -> str:
    return f"40 22 0:41 / {point} rw,relatime - {kind} server:/export rw,vers=4.2"


@pytest.mark.parametrize(("kind", "there"), KINDS.items(), ids=KINDS)
def test_a_kind_is_known_by_its_name(kind: str, tmp_path: Path, *, there: bool) -> None:
    mounts = f"{LOCAL}\n{mounted(tmp_path, kind)}\n"
    assert network(str(tmp_path / "t.db"), mounts) == (kind if there else "")


def test_the_narrowest_mount_decides_and_of_one_point_the_last(tmp_path: Path) -> None:
    path = str(tmp_path / "in" / "t.db")
    outer, inner = mounted(tmp_path, "nfs4"), mounted(tmp_path / "in", "xfs")
    assert network(path, f"{LOCAL}\n{outer}\n{inner}") == ""
    assert network(path, f"{inner}\n{outer}\n{LOCAL}") == ""
    assert network(path, "\n".join([LOCAL, inner, outer, mounted(tmp_path / "in", "cifs")])) == "cifs"
    assert network(path, "\n".join([LOCAL, mounted(f"{tmp_path}/i", "nfs")])) == ""  # only looks alike


def test_a_link_leads_to_where_the_file_is_and_odd_names_are_read(tmp_path: Path) -> None:
    odd = tmp_path / "a b\\c\td"
    odd.mkdir()
    (tmp_path / "link").symlink_to(odd)
    escaped = str(odd).replace("\\", "\\134").replace(" ", "\\040").replace("\t", "\\011")
    assert network(str(tmp_path / "link" / "t.db"), mounted(escaped, "nfs4")) == "nfs4"


@pytest.mark.parametrize("line", ["", " - ", "40 22 0:41 / - nfs4", "no mount at all", "1 2 3 4 / 6 - "])
def test_what_is_no_line_of_mounts_harms_nothing(line: str, tmp_path: Path) -> None:
    assert network(str(tmp_path / "t.db"), f"{line}\n{mounted(tmp_path, 'nfs')}\n{line}") == "nfs"


@pytest.mark.parametrize("kind", ["nfs4", "ext4"])
async def test_the_operator_is_told_and_the_gateway_is_ready(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mounts").write_text(f"{LOCAL}\n{mounted(tmp_path, kind)}\n")
    monkeypatch.setattr(files, "_MOUNTS", tmp_path / "mounts")
    with capture_logs() as lines:
        async with bench(path=str(tmp_path / "t.db")) as standing:
            ready = await standing.request("GET", "/readyz")
    told = f"on a network file system ({kind}): locks may not hold there"
    assert (ready.status, ready.json()["notes"]) == (200, {"store": told} if kind == "nfs4" else {})
    assert [line["kind"] for line in lines if "network file system" in line["event"]] == (
        ["nfs4"] if kind == "nfs4" else []
    )
