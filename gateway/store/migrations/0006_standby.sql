-- A row while the gateway on this file holds still: it is a copy that must speak to nobody outside until it is
-- told to (gateway/outbound/standby.py).

create table standby (
    one integer primary key check (one = 1),
    since integer not null
);
