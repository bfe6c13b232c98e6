"""What people write to each other, and what belongs to a contact beside it: always by reference.

Made by `make clients` of what the gateway itself reads and writes; not to be changed by hand.
"""

from datetime import datetime

import msgspec

from trunkline_client.tolerance import OpenEnum


class Author(OpenEnum):
    """Who wrote it."""

    UNKNOWN = "unknown"
    CUSTOMER = "customer"
    AGENT = "agent"
    COLLEAGUE = "colleague"
    SYSTEM = "system"


class AttachmentKind(OpenEnum):
    """What it is."""

    FILE = "file"
    RECORDING = "recording"
    TRANSCRIPT = "transcript"
    SUMMARY = "summary"
    SURVEY = "survey"


class Attachment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file of a message, or what becomes known of a contact: where it is, or the few words that it is.

    One of an interaction is told again with what is new: `kind` and `id` say which one it is.
    """

    kind: AttachmentKind = AttachmentKind.FILE
    id: str = ""
    name: str = ""
    media_type: str = ""  # such as audio/ogg
    size_bytes: int = 0  # 0: not told
    url: str = ""
    text: str = ""  # of a summary
    data: dict[str, object] = {}  # of a survey: answers by question, as the platform has them


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message of a chat, or one e-mail."""

    id: str  # the platform's; else the gateway's
    author: Author = Author.UNKNOWN
    party_id: str = ""  # of the interaction's parties; empty: the agent, or nobody of them
    name: str = ""
    text: str = ""
    subject: str = ""  # of an e-mail
    body_url: str = ""  # where the whole of an e-mail is
    time: datetime | None = None
    attachments: tuple[Attachment, ...] = ()
