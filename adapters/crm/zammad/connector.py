"""Zammad's generic CTI, by its documentation of 2026-05 and its source of about 2021.

Three posts to one address: `newCall`, `answer`, `hangup`. The token is in the address. A second `newCall` of
a call is an error there, so each post is made once at most, and `callId` is the contact's root id: a transfer
is another answer of the same call. Left out: what Zammad answers to a `newCall` (reject, dial): it comes too
late.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from pydantic import Field

from adapters.contract.crm import Activity, Connector, ConnectorSettings, Flow, Request, Step
from adapters.crm.words import of_interaction
from schemas.interaction import Direction, EndCause, Interaction, Media

NAME: Final = "zammad"
_OTHER_LEG_S: Final = 5.0  # in which the call may come to another agent, before it is over
_NEW, _OVER = "new", "over"

CAUSES: Final[Mapping[EndCause, str]] = {
    EndCause.NORMAL: "normalClearing",
    EndCause.BUSY: "busy",
    EndCause.ABANDONED: "cancel",
    EndCause.NO_ANSWER: "noAnswer",
    EndCause.TIMEOUT: "noAnswer",
    EndCause.DECLINED: "noAnswer",
    EndCause.CONGESTION: "congestion",
    EndCause.DEVICE_UNAVAILABLE: "congestion",
    EndCause.PLATFORM_FAILURE: "congestion",
    EndCause.BAD_DESTINATION: "notFound",
    EndCause.TRANSFERRED: "forwarded",
}


class ZammadSettings(ConnectorSettings):
    """What an operator may choose."""

    to_is_queue: bool = Field(
        default=False, description="Tell the service as `to`: Zammad's notices go by that, not by `queue`."
    )


class ZammadCti:
    """One that is told of calls."""

    def __init__(self, settings: ZammadSettings) -> None:
        self._to_is_queue = settings.to_is_queue

    def next_step(self, told: str, activity: Activity) -> Step | None:
        """The next post. Internal calls and other media are none of Zammad's."""
        legs = [one for one in activity.legs if one.consult_of is None and one.media is Media.VOICE]
        if not legs or told == _OVER or legs[0].direction not in _DIRECTIONS:
            return None
        began = legs[0].created_at
        if not told:
            # A call that Zammad did not hear of in time, it hears nothing of.
            new = None if began is None else self._step(_NEW, began, self._new(legs[0], activity))
            return None if new is None else new._replace(missed=_OVER)
        answered = sorted((at, one.id, one) for one in legs if (at := one.connected_at) is not None)
        known = [f"answer {ident}" for _, ident, _ in answered]
        for at, ident, one in answered[known.index(told) + 1 if told in known else 0 :]:
            return self._step(f"answer {ident}", at, self._answer(one, activity))
        ends = [one.ended_at for one in legs if one.ended_at is not None]
        if len(ends) < len(legs):
            return None
        step = self._step(_OVER, max(ends), self._hangup(legs, activity))
        return step._replace(live=False, wait_s=_OTHER_LEG_S)

    def _step(self, told: str, at: datetime, fields: Mapping[str, str]) -> Step:
        return Step(told, at, _post(fields))

    def _new(self, one: Interaction, activity: Activity) -> dict[str, str]:
        return {
            "event": "newCall",
            **self._ends(one, activity),
            **({"user": user} if (user := activity.users.get(one.agent_id)) else {}),
            **({"queue": one.service} if one.service else {}),
        }

    def _answer(self, one: Interaction, activity: Activity) -> dict[str, str]:
        user = activity.users.get(one.agent_id)
        named = {"user": user, "answeringNumber": user} if user else {}
        return {"event": "answer", **self._ends(one, activity), **named}

    def _hangup(self, legs: Sequence[Interaction], activity: Activity) -> dict[str, str]:
        last = max(legs, key=lambda one: one.ended_at.timestamp() if one.ended_at else 0.0)
        answered = any(one.connected_at is not None for one in legs)
        cause = CAUSES.get(last.end_cause or EndCause.UNKNOWN, "normalClearing" if answered else "noAnswer")
        return {"event": "hangup", **self._ends(legs[0], activity), "cause": cause}

    def _ends(self, one: Interaction, activity: Activity) -> dict[str, str]:
        words = of_interaction(one)
        remote = str(words["number_digits"]) or "anonymous"
        number = one.ani_number if one.direction is Direction.OUTBOUND else one.dnis_number
        ours = one.ani if one.direction is Direction.OUTBOUND else one.dnis
        ours = number.e164.removeprefix("+") if number is not None and number.e164 else ours
        if self._to_is_queue and one.service:
            ours = one.service
        inbound = one.direction is Direction.INBOUND
        sides = (remote, ours) if inbound else (ours, remote)
        return {
            "from": sides[0],
            "to": sides[1],
            "direction": _DIRECTIONS[one.direction],
            "callId": activity.key,
        }


_DIRECTIONS: Final = {Direction.INBOUND: "in", Direction.OUTBOUND: "out"}


def _post(fields: Mapping[str, str]) -> Flow[None]:
    yield Request(method="POST", path="", body=msgspec.json.encode(fields), creates=True)


CONNECTOR: Final = Connector(
    name=NAME,
    settings=ZammadSettings,
    open_live=lambda raw: ZammadCti(ZammadSettings.model_validate(raw)),
)
