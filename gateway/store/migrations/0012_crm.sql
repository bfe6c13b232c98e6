-- What is to be logged in CRMs (gateway/crm): one row for each activity, which names events by their cursors. How
-- far the journal has been read for a CRM is in marks, as `crm:` and its name. Times are running time.

create table crm_entries (
    crm text not null,
    key text not null,
    state text not null,
    created_at integer not null,
    next_attempt_at integer not null,
    body blob not null,
    primary key (crm, key)
);

create index crm_entries_due on crm_entries (crm, state, next_attempt_at);
