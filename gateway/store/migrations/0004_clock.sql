-- What running time goes on from (gateway/runtime/age.py): the last time of day, and how far the clock had
-- leapt by then in all. Microseconds. From here on accepted_at in commands and the times in deliveries are
-- running time; what is older is as good, for nobody kept account of a leap before.

create table clock (
    one integer primary key check (one = 1),
    wall integer not null,
    leapt integer not null
);
