"""Bot: answers what the platforms ask of an agent's commands, by a table.

    TRUNKLINE_URL=http://127.0.0.1:8080 AGENT=ana SKILL=Support python bot.py

What it does not know is left to people.
"""

import asyncio
import os

from trunkline_client import Filter, Trunkline, submit
from trunkline_client.model.needinfo import Answer, NeedInfo, NeedInfoKind

ANSWERS = {NeedInfoKind.OUTBOUND_SKILL: os.environ["SKILL"]}  # by what a choice is called


async def answer(question: NeedInfo) -> Answer | None:
    """The first field's choice of that name; None leaves it to somebody else."""
    name = ANSWERS.get(question.kind)
    for field in question.fields[:1]:
        for choice in field.choices:
            if choice.label == name:
                print(f"{question.title}: {choice.label}", flush=True)
                return submit(question, {field.key: choice.id})
    return None


async def main() -> None:
    """Until it is stopped."""
    url, key = os.environ["TRUNKLINE_URL"], os.environ.get("TRUNKLINE_KEY", "")
    async with Trunkline(url, key=key) as t:
        await t.answer_questions(answer, Filter(agents=(os.environ["AGENT"],)))


asyncio.run(main())
