-- Tokens that were withdrawn before their time, until they would have ended by themselves. Keys have fields from here
-- on (an end, a former secret) that an older program would not heed, so it must not open this file.

create table withdrawn (
    mark text primary key,
    until integer not null
);
