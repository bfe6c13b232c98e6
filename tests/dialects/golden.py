"""Golden frames: what the documents print, beside the canonical value written by hand.

A file is `{"source", "kind", "frame", "canonical"}` and, where the meaning depends on it, `"context"`:

    observation   south: a platform's event or answer; `canonical` is the list of observations
    call          south: `canonical` is the command, `frame` the vendor call it becomes
    outcome       south: a platform's answer to a call; `canonical` is the outcome of the flow
    command       north: a client's request; `canonical` is the command it means
    answer        north: `canonical` is the result, `frame` what the client is told
    event         north: `canonical` is the event, `frame` the list of frames that tell it
    local         north, answered without the platform: `frame` is the request, `context` its answer,
                  `canonical` the interactions that the client sees

`source` names the seed or the reference and the place in it. Frames never come from our own encoder.
"""

from pathlib import Path

import msgspec

FRAMES = Path(__file__).parent


class FrameCase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One golden file."""

    source: str
    kind: str
    frame: msgspec.Raw
    canonical: msgspec.Raw
    context: msgspec.Raw = msgspec.Raw(b"null")  # of `Raw | None` msgspec would take null only
    note: str = ""  # why the canonical value is what it is, where that is not plain


def load(dialect: str, kind: str) -> dict[str, FrameCase]:
    """The golden frames of one kind, by file name. Raises if there is none: an empty test proves nothing."""
    folder = FRAMES / dialect / "frames"
    cases = {
        path.stem: msgspec.json.decode(path.read_bytes(), type=FrameCase)
        for path in sorted(folder.glob("*.json"))
    }
    chosen = {name: case for name, case in cases.items() if case.kind == kind}
    if not chosen:
        raise LookupError(f"no golden frame of kind {kind} in {folder}")
    return chosen


def same(left: bytes | msgspec.Raw, right: bytes | msgspec.Raw) -> bool:
    """Whether two JSON texts mean the same."""
    return bool(msgspec.json.decode(left) == msgspec.json.decode(right))
