-- A checksum of each row of the journal (zlib.crc32 of its body; null where it was written before), and what
-- all bodies together come to.

alter table journal add column checksum integer;

create table journal_size (
    one integer primary key check (one = 1),
    bytes integer not null
);
insert into journal_size select 1, coalesce(sum(length(body)), 0) from journal;
