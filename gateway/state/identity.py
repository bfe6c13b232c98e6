"""Which of our interactions a platform means: within one connection by its `ref`, across them by what lasts.

A `ref` of a page is good for that page alone: the next one may give the number to another customer's call. So
a new connection begins without refs, and what it tells of is met with what is known, a list as a whole,
whatever its order (`Identity.meet`):

1. By the `ref`, if neither side has a durable name, and medium, direction, address and start agree.
2. By a durable name that exactly one told and one known interaction of the agent bear, unless both start and
   address are others. Two legs of one contact may share one, and a platform may name one interaction by
   several (`Naming.durable`).
3. By start and address, if exactly one of each has them, and no durable name of one kind is another; of
   several, the `ref` tells them apart.
4. Else it is a new one. What is not met stays known: the platform may yet speak of it.

Where refs are the platform's own (`Naming.lasting`) none of this is needed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from msgspec import UNSET

from adapters.contract.dialect import OF_A_PAGE, Naming
from gateway.runtime.ids import Minter
from schemas.ids import InteractionId, PlatformId, Ref, SessionId
from schemas.interaction import Direction, Interaction, InteractionState
from schemas.observations import InteractionObserved

NOBODY: Final = 0  # no connection: what a restart brought back is of none
_EARLIER: Final = 4  # connections of one agent whose refs are kept, should one of them speak for him again


class Names(msgspec.Struct):
    """What the interactions of one agent session are called."""

    link: int  # the number of the connection that `refs` are of
    naming: Naming
    refs: dict[Ref, InteractionId] = msgspec.field(default_factory=dict)
    # All that are known, open or completed, and those of them that this connection has not told of yet.
    known: dict[InteractionId, None] = msgspec.field(default_factory=dict)
    unmet: dict[InteractionId, None] = msgspec.field(default_factory=dict)
    durable: dict[Ref, dict[InteractionId, None]] = msgspec.field(default_factory=dict)
    # Of the unmet, as they were when this connection began.
    former: dict[Ref, list[InteractionId]] = msgspec.field(default_factory=dict)
    begun: dict[datetime, list[InteractionId]] = msgspec.field(default_factory=dict)
    earlier: dict[int, dict[Ref, InteractionId]] = msgspec.field(default_factory=dict)


class Identity:
    """An index from a platform's names to ours, per agent session."""

    def __init__(
        self,
        minter: Minter,
        naming: Mapping[PlatformId, Naming],
        look: Callable[[InteractionId], Interaction | None],
    ) -> None:
        self._minter = minter
        self._naming = naming
        self._look = look
        self._of: dict[SessionId, Names] = {}

    # --- connections

    def names(self, session: SessionId, platform: PlatformId) -> Names:
        """Those of an agent session."""
        names = self._of.get(session)
        if names is None:
            names = self._of[session] = Names(NOBODY, self._naming.get(platform, OF_A_PAGE))
        return names

    def turn(self, names: Names, link: int) -> None:
        """Another connection speaks for the session now: its refs are its own."""
        before, names.link = names.link, link
        if names.naming.lasting:
            return
        if before != NOBODY:
            names.earlier[before] = names.refs
            if len(names.earlier) > _EARLIER:
                del names.earlier[next(iter(names.earlier))]
        # One that speaks for the agent again, now that a newer one is closed, names them as it did.
        names.refs = {ref: one for ref, one in names.earlier.pop(link, {}).items() if one in names.known}
        names.unmet = dict(names.known)
        for met in names.refs.values():
            names.unmet.pop(met, None)
        names.former, names.begun = {}, {}
        for known in names.known:
            one = self._look(known)
            if one is not None:
                names.former.setdefault(one.ref, []).append(known)
                if (start := started(one)) is not None:
                    names.begun.setdefault(start, []).append(known)

    # --- looking up

    def find(self, session: SessionId, ref: Ref) -> InteractionId | None:
        """Ours, by the ref of the connection that is now."""
        names = self._of.get(session)
        return names.refs.get(ref) if names is not None else None

    def mint(self, names: Names, ref: Ref) -> InteractionId:
        """Ours, made now if there is none."""
        known = names.refs.get(ref)
        if known is None:
            known = names.refs[ref] = self._minter.interaction()
        return known

    def is_of(self, one: Interaction, link: int) -> bool:
        """Whether its `ref` is good on that connection, which has told of it."""
        names = self._of[one.session_id]
        if names.naming.lasting:
            return True
        refs = names.refs if names.link == link else names.earlier.get(link, {})
        return refs.get(one.ref) == one.id

    # --- keeping

    def bind(self, names: Names, one: Interaction) -> None:
        """Remember how an interaction is called in its snapshot."""
        names.refs[one.ref] = one.id
        names.known[one.id] = None
        names.unmet.pop(one.id, None)
        for name in _durable(one, names.naming):
            names.durable.setdefault(name, {})[one.id] = None

    def release(self, names: Names, one: Interaction) -> None:
        """It is called otherwise now; unless that name was given to another since."""
        if names.refs.get(one.ref) == one.id:
            del names.refs[one.ref]
        for name in _durable(one, names.naming):
            bearers = names.durable.get(name)
            if bearers is not None:
                bearers.pop(one.id, None)
                if not bearers:
                    del names.durable[name]

    def forget(self, one: Interaction) -> None:
        """It is known no longer."""
        names = self._of[one.session_id]
        self.release(names, one)
        names.known.pop(one.id, None)
        names.unmet.pop(one.id, None)

    def restore(self, names: Names, one: Interaction) -> None:
        """The same of what a former life knew: its ref is of a connection that is no more."""
        self.bind(names, one)
        names.link = NOBODY

    # --- meeting

    def meet(self, names: Names, told: Iterable[InteractionObserved], *, unsure: bool = False) -> None:
        """Find out which known interactions these are that have refs not heard of in this connection.

        `unsure` is whether that may be another connection than the one before.
        """
        strangers: dict[Ref, InteractionObserved] = {}
        for seen in told:
            if seen.ref not in names.refs:
                earlier = strangers.get(seen.ref)
                strangers[seen.ref] = seen if earlier is None else _together(earlier, seen)
        if not strangers or not (names.unmet or any(one.durable_ref for one in strangers.values())):
            return
        # What the platform ended cannot be what goes on; a word about it may still come.
        for may_be in (self._may_go_on, self._is_over):
            self._by_ref(names, strangers, may_be)
            self._by_durable(names, strangers, may_be, unsure=unsure)
            self._by_start(names, strangers, may_be)

    def _may_go_on(self, known: InteractionId) -> Interaction | None:
        one = self._look(known)
        return one if one is not None and not _ended_by_platform(one) else None

    def _is_over(self, known: InteractionId) -> Interaction | None:
        one = self._look(known)
        return one if one is not None and _ended_by_platform(one) else None

    def _by_ref(self, names: Names, strangers: "_Strangers", may_be: "_MayBe") -> None:
        for ref, seen in tuple(strangers.items()):
            if _durable(seen, names.naming):
                continue
            for known in reversed(names.former.get(ref, ())):
                one = may_be(known) if known in names.unmet else None
                if one is not None and not _durable(one, names.naming) and _agree(seen, one):
                    self._met(names, strangers, seen, one)
                    break

    def _by_durable(self, names: Names, strangers: "_Strangers", may_be: "_MayBe", *, unsure: bool) -> None:
        bearers: dict[Ref, list[Ref]] = {}  # of each name, those told now
        for ref, seen in strangers.items():
            for name in _durable(seen, names.naming):
                bearers.setdefault(name, []).append(ref)
        for name, refs in bearers.items():
            known = [one for i in names.durable.get(name, ()) if (one := may_be(i)) is not None]
            if len(refs) == 1 == len(known) and refs[0] in strangers:
                (one,), seen = known, strangers[refs[0]]
                if _is_another_leg(seen, one, over=may_be == self._is_over):
                    continue
                if unsure or one.id in names.unmet or may_be == self._is_over:
                    self._met(names, strangers, seen, one)

    def _by_start(self, names: Names, strangers: "_Strangers", may_be: "_MayBe") -> None:
        alike: dict[datetime, list[InteractionObserved]] = {}
        for seen in strangers.values():
            if isinstance(seen.created_at, datetime):
                alike.setdefault(seen.created_at, []).append(seen)
        for start, told in alike.items():
            begun = [one for i in names.begun.get(start, ()) if i in names.unmet and (one := may_be(i))]
            pairs = [
                (seen, one)
                for seen in told
                for one in begun
                if _agree(seen, one) and not _named_apart(seen, one, names.naming)
            ]
            for seen, one in pairs:
                rivals = [pair for pair in pairs if pair[0] is seen or pair[1] is one]
                same_ref = seen.ref == one.ref and _address(seen) == one.remote_address
                if (len(rivals) == 1 or same_ref) and seen.ref in strangers and one.id in names.unmet:
                    self._met(names, strangers, seen, one)

    def _met(
        self, names: Names, strangers: "_Strangers", seen: InteractionObserved, one: Interaction
    ) -> None:
        del strangers[seen.ref]
        names.refs[seen.ref] = one.id
        names.unmet.pop(one.id, None)


_Strangers = dict[Ref, InteractionObserved]
_MayBe = Callable[[InteractionId], Interaction | None]


def _ended_by_platform(one: Interaction) -> bool:
    return one.state is InteractionState.COMPLETED and not one.end_inferred


def started(one: Interaction) -> datetime | None:
    """When it began in the platform's word, also where that was not taken as it came."""
    word = one.extras.get("created_at")
    if isinstance(word, str):
        try:
            return datetime.fromisoformat(word)
        except ValueError:
            return one.created_at
    return one.created_at


def _durable(one: Interaction | InteractionObserved, naming: Naming) -> Sequence[Ref]:
    """The names that last, each once, as they are known or told."""
    refs = one.refs if isinstance(one.refs, dict) else {}
    names = [Ref(refs[key]) for key in naming.durable if key in refs]
    return tuple(dict.fromkeys(names if one.durable_ref is None else (one.durable_ref, *names)))


def _by_kind(one: Interaction | InteractionObserved, naming: Naming) -> Mapping[str, str]:
    """The names that last, by the kind that each is of, as far as that is known."""
    refs = one.refs if isinstance(one.refs, dict) else {}
    named = {key: refs[key] for key in naming.durable if refs.get(key)}
    if one.durable_ref is not None and len(naming.durable) <= 1:  # of several nobody knows which it is
        named.setdefault("".join(naming.durable), one.durable_ref)
    return named


def _named_apart(seen: InteractionObserved, one: Interaction, naming: Naming) -> bool:
    """Whether both have a durable name of one kind, and it is not the same: then they are two.

    Names of different kinds say nothing. No document lets one of a kind change between two connections.
    """
    told, known = _by_kind(seen, naming), _by_kind(one, naming)
    return any(told[kind] != known[kind] for kind in told.keys() & known.keys())


def _together(earlier: InteractionObserved, later: InteractionObserved) -> InteractionObserved:
    """What both say by which it may be known."""
    return msgspec.structs.replace(
        later,
        durable_ref=later.durable_ref or earlier.durable_ref,
        **{
            name: getattr(earlier, name)
            for name in ("created_at", "remote_address", "media", "direction", "refs")
            if getattr(later, name) is UNSET
        },
    )


def _address(seen: InteractionObserved) -> str:
    return seen.remote_address if isinstance(seen.remote_address, str) else ""


def _is_another_leg(seen: InteractionObserved, one: Interaction, *, over: bool) -> bool:
    """Whether the one of two legs is told, and the other known: they began apart, and with others.

    To one that is over nothing is added that is not certainly about it: there another start is enough.
    """
    address = _address(seen)
    apart = isinstance(seen.created_at, datetime) and seen.created_at != started(one)
    return apart and (over or (bool(address and one.remote_address) and address != one.remote_address))


def _agree(seen: InteractionObserved, one: Interaction) -> bool:
    """Whether medium, direction, address and start say nothing against it. What is not said says nothing.

    An address that only one side has is no agreement, unless the start is one.
    """
    if seen.media is not UNSET and seen.media is not one.media:
        return False
    unknown = {UNSET, Direction.UNKNOWN}
    if seen.direction not in unknown and one.direction not in unknown and seen.direction is not one.direction:
        return False
    same_start = isinstance(seen.created_at, datetime) and seen.created_at == started(one)
    if isinstance(seen.created_at, datetime) and not same_start:
        return False
    address = _address(seen)
    return address == one.remote_address or (same_start and not (address and one.remote_address))
