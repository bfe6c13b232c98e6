-- Times are microseconds since 1970, UTC. `body` is canonical JSON, but in the journal a MessagePack array
-- of events (gateway/store/base.py, Appended): one row is what was committed together.

create table journal (
    last_cursor integer primary key,
    first_cursor integer not null,
    count integer not null,
    at integer not null,
    body blob not null
);

create table checkpoint (
    one integer primary key check (one = 1),
    cursor integer not null,
    body blob not null
);

create table commands (
    id text primary key,
    principal text not null,
    key text not null,
    accepted_at integer not null,
    finished integer not null,
    body blob not null
);
create index commands_by_key on commands (principal, key, accepted_at) where key <> '';
create index commands_by_age on commands (finished, accepted_at);

create table needinfos (
    id text primary key,
    command_id text not null,
    asked_at integer not null,
    resolution text,
    body blob not null
);
create index needinfos_by_command on needinfos (command_id);
create index needinfos_open on needinfos (asked_at) where resolution is null;

create table keys (
    id text primary key,
    created_at integer not null,
    body blob not null
);

create table secrets (
    name text primary key,
    value blob not null
);

create table webhooks (
    id text primary key,
    created_at integer not null,
    body blob not null
);

create table deliveries (
    id text primary key,
    webhook_id text not null,
    cursor integer not null,
    type text not null,
    key text not null,
    state text not null,
    attempts integer not null,
    created_at integer not null,
    next_attempt_at integer not null,
    expires_at integer,
    error text not null,
    unique (webhook_id, cursor)
);
create index deliveries_by_state on deliveries (webhook_id, state, cursor);
create index deliveries_over on deliveries (created_at) where state <> 'pending';

create table attempts (
    delivery_id text not null,
    number integer not null,
    at integer not null,
    duration_ms integer not null,
    status integer,
    error text not null,
    response text not null
);
create index attempts_by_delivery on attempts (delivery_id);

create table marks (
    name text primary key,
    cursor integer not null
);
