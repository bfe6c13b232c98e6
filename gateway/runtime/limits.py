"""The section `limits` of the configuration: of all rooms, as operators look for them in one place."""

from typing import Final

from pydantic import PositiveFloat, PositiveInt

from gateway.runtime.section import Section

SESSION_S: Final = 12 * 3600  # from signing in, over any number of fresh tokens


class LimitsConfig(Section):
    """Nothing is unbounded."""

    subscriber_buffer_bytes: PositiveInt = 4 * 1024 * 1024  # a subscriber further behind is closed, resumably
    command_queue: PositiveInt = 64  # commands under way or waiting, per agent session
    journal_pending: PositiveInt = 20_000  # events not yet durable; then platforms are not read from
    lost_after_s: PositiveFloat = 6 * 3600  # without a link to their agent; then interactions are given up
    # An agent who is signed in is handed fresh tokens for so long; then he signs in again.
    session_s: PositiveInt = SESSION_S
    malformed_kept: PositiveInt = 100  # frames kept for the operator, per platform
    webhooks: PositiveInt = 100
    webhook_concurrency: PositiveInt = 8  # deliveries under way, per webhook
    query_concurrency: PositiveInt = 16  # queries put to a web hook at once, per platform
    webhook_backlog: PositiveInt = 100_000  # deliveries waiting, per webhook; further ones are dead at once
    commands_days: PositiveFloat = 7.0  # finished commands and deliveries are kept for so long
