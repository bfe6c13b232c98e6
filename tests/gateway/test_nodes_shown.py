"""What a gateway serves by itself while another one is at work."""

from gateway.nodes.node import SHOWN_HERE
from tests.gateway.handmade import bench


async def test_all_that_is_shown_here_is_there_and_changes_nothing() -> None:
    async with bench() as standing:
        there = {one.id: one for one in standing.gateway.contract.operations}
    missing = SHOWN_HERE - there.keys()
    assert not missing
    assert {there[one].method for one in SHOWN_HERE & there.keys()} == {"GET"}
