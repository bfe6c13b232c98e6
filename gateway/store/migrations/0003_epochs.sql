-- What begins with each start: the epoch of the events from `first_cursor` on, up to the next one's. A file
-- that was copied and went on twice has the same cursors twice, and never the same epoch.

create table epochs (
    number integer primary key,
    id text not null unique,
    first_cursor integer not null
);
