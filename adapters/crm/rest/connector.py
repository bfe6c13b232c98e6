"""The flows of a CRM that is described by a table."""

from collections.abc import Sequence
from typing import Final

from adapters.contract.crm import NO_RECORDS, Activity, Connector, Flow, Keyed, Request, Sought
from adapters.crm.rest import templates
from adapters.crm.rest.settings import FindRow, RestSettings, Row, WriteRow
from adapters.crm.words import Words, of_activity, of_interaction
from schemas.agent import AgentSession
from schemas.errors import MalformedFrame
from schemas.interaction import Interaction, Record

GONE: Final = frozenset({404, 410})


class RestCrm:
    """One that is asked by a table."""

    def __init__(self, settings: RestSettings) -> None:
        self._settings = settings
        log = settings.log
        self.keyed = Keyed.UPSERT if log.upsert else Keyed.SEARCH if log.find else Keyed.NONE

    def find(self, sought: Sought) -> Flow[tuple[Record, ...]]:
        """By a key in the data, each spelling of the number, the address: as the table has them."""
        named = sought.data.get(self._settings.find_by_data)
        for row in self._settings.find:
            for words in _tried(row, sought, named if isinstance(named, str | int) else None):
                answer = yield _request(row, words, takes=GONE)
                if answer.status not in GONE and (found := _records(row, answer.body)):
                    return found
        return NO_RECORDS

    def pop(self, user: str, about: Interaction, records: Sequence[Record]) -> Flow[bool]:
        """One record is popped; none, or one of many, is for the page to show."""
        row = self._settings.pop
        if row is None or not user or len(records) != 1:
            return False
        yield _request(row, {**of_interaction(about), "user": user, "record_id": records[0].id})
        return True

    def show_presence(self, user: str, agent: AgentSession) -> Flow[bool]:
        """By the table's words for states."""
        row, state = self._settings.presence, self._settings.states.get(agent.state)
        if row is None or state is None:
            return False
        yield _request(
            row, {"user": user, "state": state, "reason": agent.reason or "", "agent": agent.agent_id}
        )
        return True

    def find_log(self, key: str) -> Flow[str]:
        """By our key. Of several, which only people can have made, the first."""
        row = self._settings.log.find
        if row is None:
            return ""
        answer = yield _request(row, {"key": key})
        found = templates.items(templates.read(answer.body), row.items)
        return templates.ident(found[0], row.id) if found else ""

    def create_log(self, activity: Activity) -> Flow[str]:
        """Tied to the record, where exactly one is found."""
        row = self._settings.log.upsert or self._settings.log.create
        if row is None:
            raise MalformedFrame(templates.NAME, "log", "neither upsert nor create")
        words = yield from self._words(activity)
        return (yield from self._written(row, words, creates=self._settings.log.upsert is None))

    def update_log(self, ref: str, activity: Activity) -> Flow[bool]:
        """By the CRM's own id of it."""
        log = self._settings.log
        words = {**(yield from self._words(activity)), "id": ref, "id_number": _number(ref)}
        if log.upsert is not None:
            yield from self._written(log.upsert, words, creates=False)
            return True
        if log.update is None:
            return True
        answer = yield _request(log.update, words, takes=GONE)
        return answer.status not in GONE

    def _written(self, row: WriteRow, words: Words, *, creates: bool) -> Flow[str]:
        answer = yield _request(row, words, creates=creates)
        return templates.ident(templates.read(answer.body), row.id)

    def _words(self, activity: Activity) -> Flow[Words]:
        words = of_activity(activity)
        if words["record_id"] or not self._settings.find:
            return {**words, "record_number": _number(str(words["record_id"]))}
        data = activity.legs[-1].data
        sought = Sought(numbers=activity.numbers, email=str(words["email"]), data=data)
        found = yield from self.find(sought)
        record = found[0].id if len(found) == 1 else ""
        return {**words, "record_id": record, "record_number": _number(record)}


def _number(ident: str) -> int | None:
    """An id as a number, for those who take no text."""
    return int(ident) if ident.isascii() and ident.isdecimal() else None


def _tried(row: FindRow, sought: Sought, named: str | int | None) -> list[Words]:
    asked = f"{row.path}{row.body}"
    if "{data}" in asked:
        return [] if named is None else [{"data": named}]
    if "{email}" in asked:
        return [{"email": sought.email}] if sought.email else []
    return [{"number": one} for one in sought.numbers]


def _records(row: FindRow, answer: bytes) -> tuple[Record, ...]:
    return tuple(
        Record(
            id=templates.ident(one, row.id),
            type=row.type,
            display_name=str(templates.at(one, row.name) or "") if row.name else "",
        )
        for one in templates.items(templates.read(answer), row.items)
    )


def _request(
    row: Row, words: Words, *, takes: frozenset[int] = frozenset(), creates: bool = False
) -> Request:
    return Request(
        method=row.method,
        path=templates.path(row.path, words),
        body=templates.body(row.body, words),
        takes=takes,
        creates=creates,
    )


CONNECTOR: Final = Connector(
    name=templates.NAME,
    settings=RestSettings,
    open=lambda raw: RestCrm(RestSettings.model_validate(raw)),
)
