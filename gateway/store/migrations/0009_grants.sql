-- A key may be narrowed (in its body: `grant`), and a platform belongs to a tenant for good: its events are that
-- tenant's. A gateway that knows nothing of either must not open this store: it would give everybody everything.

create table tenants (
    platform_id text primary key,
    tenant text not null
);
