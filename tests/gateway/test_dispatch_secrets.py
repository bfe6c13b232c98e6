"""A platform's own call with a secret: the store has not all of it, so that a restart cannot send it."""

from pathlib import Path

from adapters.contract.dialect import Done
from gateway.security.access import ANONYMOUS
from schemas.commands import VendorCall
from schemas.results import Effect, ErrorCode
from tests.gateway.commands import failure, power_cut
from tests.gateway.handmade import bench
from tests.gateway.test_dispatch_restart import restarted


async def test_a_platforms_own_call_with_a_secret_is_not_taken_up_again(tmp_path: Path) -> None:
    async with restarted(tmp_path) as standing:
        session = standing.session()
        secret = VendorCall(session_id=session, method="open", params=({"password": "s3"},))
        plain = VendorCall(session_id=session, method="open", params=({"user": "ann"},))
        records = [await standing.submit(one, ANONYMOUS) for one in (secret, plain)]
        left = power_cut(tmp_path)
    async with bench(path=left) as standing:
        failed = failure(await standing.finished(records[0]))
        assert (failed.code, failed.effect) == (ErrorCode.UNAVAILABLE, Effect.NONE)
        assert "give the command again" in failed.message
        page = await standing.page()
        assert (await page.carry_out(Done())).command["params"] == [{"user": "ann"}]
        await standing.finished(records[1])
