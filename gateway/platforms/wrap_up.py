"""The section `wrap_up` of a platform's configuration: after-call work, where the platform has no limit."""

from typing import Annotated

from pydantic import Field

from gateway.runtime.section import Section


class WrapUpConfig(Section):
    """How long after-call work may take."""

    # Then it is completed; None: when the agent says so. Not for platforms that tell a limit of their own.
    limit_s: Annotated[float, Field(gt=0, le=86_400)] | None = None
