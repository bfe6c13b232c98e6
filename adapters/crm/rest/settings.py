"""The table by which a CRM is asked: a request each to find, create, update and pop.

`{word}` in a path or a text stands for a word of the contact (adapters/crm/words.py); a text that is one word
and nothing else takes its type, so that a number stays one. Answers are read by dotted paths.
"""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from adapters.contract.crm import ConnectorSettings
from adapters.crm.rest.templates import named
from adapters.crm.words import NAMES
from schemas.agent import AgentState
from schemas.values import Json


class Row(BaseModel):
    """One request."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: Literal["GET", "POST", "PUT", "PATCH"]
    path: Annotated[str, Field(pattern=r"^/")]
    body: Json = None


class FindRow(Row):
    """One that answers with a list, and where in it."""

    method: Literal["GET", "POST", "PUT", "PATCH"] = "GET"
    items: str = ""  # the list; empty: the whole answer is one
    id: str = "id"
    name: str = ""  # what a record is called; empty: nothing
    type: str = ""  # of the records, in the CRM's word; not a path


class WriteRow(Row):
    """One that answers with an id."""

    method: Literal["GET", "POST", "PUT", "PATCH"] = "POST"
    id: str = "id"


class UpdateRow(Row):
    """One that brings what is there up to date; its path says `{id}`."""

    method: Literal["GET", "POST", "PUT", "PATCH"] = "PATCH"


class LogRows(BaseModel):
    """How an activity is kept. `upsert` alone does it all; else it is created, found by our key, updated."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    upsert: WriteRow | None = None
    find: FindRow | None = None  # by {key}; None: what may have been created is never repeated
    create: WriteRow | None = None
    update: UpdateRow | None = None  # None: what is logged once stays so

    @model_validator(mode="after")
    def _writes(self) -> Self:
        if (self.upsert is None) == (self.create is None):
            raise ValueError("needs either upsert or create")
        if self.find is not None and "{key}" not in f"{self.find.path}{self.find.body}":
            raise ValueError("find: must ask for {key}")
        return self


class RestSettings(ConnectorSettings):
    """The table."""

    find: list[FindRow] = Field(default_factory=list, max_length=10)  # each asked until one finds something
    find_by_data: str = ""  # a key of the attached data that names the record, as {data}
    log: LogRows
    presence: Row | None = None  # sets {user}'s to {state}, which is by `states`; None: it is not told
    states: dict[AgentState, str] = Field(default_factory=dict)  # the CRM's words; of others it is not told
    pop: Row | None = None  # shows {record_id} to {user}; None: the page does it

    @model_validator(mode="after")
    def _names_what_there_is(self) -> Self:
        log, activity = self.log, NAMES | {"record_number"}
        rows: list[tuple[str, Row | None, frozenset[str]]] = [
            *(("find", row, frozenset({"number", "email", "data"})) for row in self.find),
            ("log.upsert", log.upsert, activity | {"id", "id_number"}),
            ("log.find", log.find, frozenset({"key"})),
            ("log.create", log.create, activity),
            ("log.update", log.update, activity | {"id", "id_number"}),
            ("presence", self.presence, frozenset({"user", "state", "reason", "agent"})),
            ("pop", self.pop, NAMES),
        ]
        for where, row, known in rows:
            if row is not None and (unknown := named([row.path, row.body]) - known):
                words = ", ".join(f"{{{name}}}" for name in sorted(unknown))
                raise ValueError(f"{where}: there is no {words}")
        return self
