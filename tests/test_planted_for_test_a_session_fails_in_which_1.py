import logging

import pytest


def test_that_passes_and_tells(request):
    logging.getLogger("x").warning(
        "signed in with tlk_0a1b2c3d4e5f_s3cret-s3cret-s3cret-s3cret-s3cret-s3cret-"
    )
    print("signed in with tlk_0a1b2c3d4e5f_s3cret-s3cret-s3cret-s3cret-s3cret-s3cret-")


@pytest.mark.tells("its business")
def test_that_may():
    print("signed in with tlk_0a1b2c3d4e5f_s3cret-s3cret-s3cret-s3cret-s3cret-s3cret-")
