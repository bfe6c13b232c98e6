"""An activity as flat words, which tables and templates name."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from adapters.contract.crm import Activity
from schemas.interaction import Direction, EndCause, Interaction
from schemas.messages import AttachmentKind

Word = str | int | None
Words = Mapping[str, Word]

NAMES: Final = frozenset(
    (
        *("key", "root_id", "interaction_id", "platform", "agent", "agents", "user", "media", "direction"),
        *("number", "number_as_written", "number_digits", "dialled", "service", "subject", "name", "email"),
        *("cause", "outcome", "started_at", "connected_at", "ended_at", "duration_s", "talk_s", "legs"),
        *("notes", "summary", "disposition", "disposition_code", "recording_url", "transcript_url"),
        "record_id",
    )
)
_SHORT: Final = 4_000  # characters of a note or summary that go into a CRM's field


def of_activity(activity: Activity) -> Words:
    """All words of an activity. Times are RFC 3339 in UTC, lengths whole seconds; None: not known."""
    legs = activity.legs
    first, last = legs[0], _main(legs)
    started, connected = _first(one.created_at for one in legs), _first(one.connected_at for one in legs)
    over = all(one.ended_at is not None for one in legs)
    ended = max((one.ended_at for one in legs if one.ended_at is not None), default=None) if over else None
    return {
        **of_interaction(last),
        "key": activity.key,
        "direction": first.direction.value,
        "started_at": _time(started),
        "connected_at": _time(connected),
        "ended_at": _time(ended),
        "duration_s": _seconds(started, ended),
        "talk_s": _seconds(connected, ended) or 0,
        "outcome": _outcome(first, last, answered=connected is not None),
        "user": activity.users.get(last.agent_id, ""),
        "agents": ", ".join(dict.fromkeys(one.agent_id for one in legs if one.connected_at is not None)),
        "legs": "\n".join(line(one) for one in legs),
        "notes": "\n".join(dict.fromkeys(one.notes[:_SHORT] for one in legs if one.notes)),
        "summary": _attached(legs, AttachmentKind.SUMMARY, "text")[:_SHORT],
        "transcript_url": _attached(legs, AttachmentKind.TRANSCRIPT, "url"),
        "recording_url": _recording(legs),
        "disposition": _last(one.disposition.name for one in legs if one.disposition is not None),
        "disposition_code": _last(
            one.disposition.code or one.disposition.id for one in legs if one.disposition is not None
        ),
        "record_id": _last(record.id for one in legs for record in one.records if record.selected),
    }


def of_interaction(one: Interaction) -> dict[str, Word]:
    """The words of one leg."""
    number = one.remote_number or one.ani_number
    e164 = "" if number is None else number.e164
    return {
        "root_id": one.root_id,
        "interaction_id": one.id,
        "platform": one.platform_id,
        "agent": one.agent_id,
        "media": one.media.value,
        "direction": one.direction.value,
        "number": e164 or one.remote_address,
        "number_as_written": one.remote_address,
        "number_digits": "".join(filter(str.isdigit, e164 or one.remote_address)),
        "dialled": one.dnis,
        "service": one.service,
        "subject": one.subject,
        "name": "" if one.contact is None else one.contact.display_name,
        "email": "" if one.contact is None else one.contact.email,
        "cause": (one.end_cause or EndCause.UNKNOWN).value,
    }


def line(one: Interaction) -> str:
    """A leg in one line, for people."""
    talk_s = _seconds(one.connected_at, one.ended_at)
    what = "not answered" if one.connected_at is None else f"{talk_s if talk_s is not None else '?'} s"
    consult = " (consultation)" if one.consult_of is not None else ""
    cause = f", {one.end_cause.value}" if one.end_cause is not None else ""
    return f"{_time(one.created_at) or '?'} {one.agent_id}{consult}: {what}{cause}"


def _main(legs: Sequence[Interaction]) -> Interaction:
    """The leg that stands for the contact: the last that was answered and no consultation, else the last."""
    customers = [one for one in legs if one.consult_of is None] or legs
    return next((one for one in reversed(customers) if one.connected_at is not None), customers[-1])


def _outcome(first: Interaction, last: Interaction, *, answered: bool) -> str:
    if answered:
        return "answered"
    if first.direction is Direction.OUTBOUND:
        return (last.end_cause or EndCause.UNKNOWN).value
    return "missed"


def _recording(legs: Sequence[Interaction]) -> str:
    told = _last(one.recording.playback_url or one.recording.url for one in legs if one.recording is not None)
    return told or _attached(legs, AttachmentKind.RECORDING, "url")


def _attached(legs: Sequence[Interaction], kind: AttachmentKind, what: str) -> str:
    found = (one for leg in legs for one in leg.attachments if one.kind is kind)
    return _last(one.text if what == "text" else one.url for one in found)


def _last(texts: Iterable[str]) -> str:
    found = ""
    for text in texts:
        found = text or found
    return found


def _first(times: Iterable[datetime | None]) -> datetime | None:
    return min((one for one in times if one is not None), default=None)


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _seconds(begin: datetime | None, end: datetime | None) -> int | None:
    return None if begin is None or end is None else max(0, round((end - begin).total_seconds()))
