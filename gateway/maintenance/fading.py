"""What is kept of people for less long than the rest: fields of a class, taken out of the journal by age.

An event that has lost some stays an event: id, cursor, type and all other fields stand, the row has a new
checksum. With any class the platform's own words go too. It is done in small steps between other work.
"""

from collections.abc import Mapping
from datetime import datetime

from gateway.runtime.masking import masked_event
from gateway.store.base import Appended, Store
from schemas.grants import FieldClass
from schemas.privacy import Mask


class Fading:
    """Of one store; one that keeps nothing over a restart has nothing so old."""

    def __init__(self, store: Store) -> None:
        self._erasing = store.erasing

    async def run(self, before: Mapping[FieldClass, datetime]) -> None:
        """Take out the fields of each class from events that were kept before its date."""
        if self._erasing is None:
            return
        for kind, date in before.items():
            mask = Mask(dropped=frozenset({kind}))

            def without(event: Appended, mask: Mask = mask) -> Appended:
                return event._replace(body=masked_event(event.body, mask))

            while rows := await self._erasing.older(kind.value, date):
                for last in rows:
                    await self._erasing.rewrite(last, without, lambda private: private)
                await self._erasing.faded(kind.value, rows[-1])
