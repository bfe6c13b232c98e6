"""What becomes known of a contact, put together: the recording is told now, and the survey tomorrow."""

from collections.abc import Mapping
from typing import Final

from schemas.interaction import Interaction, Recording
from schemas.messages import Attachment, AttachmentKind

MOST: Final = 100  # of one interaction; what comes after that is left out


def add(old: Interaction | None, changed: dict[str, object]) -> None:
    """Put what is told beside what is known: by kind and id, the later word for the earlier."""
    before = {} if old is None else {(one.kind, one.id): one for one in old.attachments}
    known = dict(before)
    for one in _told(changed):
        if (one.kind, one.id) in known or len(known) < MOST:
            known[one.kind, one.id] = one
    if known != before:
        changed["attachments"] = tuple(known.values())
    else:
        changed.pop("attachments", None)


def _told(changed: Mapping[str, object]) -> list[Attachment]:
    told: list[Attachment] = []
    recording = changed.get("recording")
    if isinstance(recording, Recording) and (url := recording.url or recording.playback_url):
        told.append(Attachment(kind=AttachmentKind.RECORDING, id="recording", url=url))
    if isinstance(attachments := changed.get("attachments"), tuple):
        told += attachments
    return told
