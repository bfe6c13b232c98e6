-- Who did what. Each row's hash is over the hash before it and its own body, so that a row that is changed, taken
-- out or put in is found; `audit_chain` says where the chain begins (after what was pruned) and ends. Times are
-- microseconds by the time of day.

create table audit (
    number integer primary key,
    at integer not null,
    principal text not null,
    action text not null,
    body blob not null,
    hash blob not null
);

create table audit_chain (
    one integer primary key check (one = 1),
    first integer not null,
    before blob not null,
    last integer not null,
    head blob not null
);
insert into audit_chain values (1, 1, zeroblob(32), 0, zeroblob(32));

create trigger audit_is_not_changed before update on audit
begin
    select raise(abort, 'the audit is only appended to');
end;

create trigger audit_is_not_shortened before delete on audit
when old.number >= (select first from audit_chain)
begin
    select raise(abort, 'the audit is only appended to');
end;
