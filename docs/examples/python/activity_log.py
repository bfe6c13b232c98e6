"""Activity log: a line in a file for every interaction that is completed. None is missed while it is stopped.

    TRUNKLINE_URL=http://127.0.0.1:8080 LOG=activities.jsonl python activity_log.py

How far it is stands in each line, so that a line and its place are written together.
"""

import asyncio
import json
import os
from pathlib import Path

from trunkline_client import Filter, StreamGap, Trunkline
from trunkline_client.model.events import InteractionCompleted

LOG = Path(os.environ["LOG"])


def place() -> str | int:
    """Where the last line left off; at first, everything that is kept."""
    lines = LOG.read_text(encoding="utf-8").splitlines() if LOG.exists() else []
    return str(json.loads(lines[-1])["place"]) if lines else 0


def write(**line: object) -> None:
    """One line more, on the disk."""
    with LOG.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, default=str) + "\n")
        file.flush()
        os.fsync(file.fileno())


async def main() -> None:
    """Until it is stopped."""
    url, key = os.environ["TRUNKLINE_URL"], os.environ.get("TRUNKLINE_KEY", "")
    async with Trunkline(url, key=key) as t:
        events = t.events(Filter(types=("interaction.completed",)), after=place())
        async for told in events:
            if isinstance(told, StreamGap):
                write(missing_before=told.first, place=events.resume)
            elif isinstance(told, InteractionCompleted):
                call = told.interaction
                seconds = None
                if call.connected_at is not None and call.ended_at is not None:
                    seconds = (call.ended_at - call.connected_at).total_seconds()
                write(
                    agent=told.agent_id, with_whom=call.remote_address, seconds=seconds, place=events.resume
                )


asyncio.run(main())
