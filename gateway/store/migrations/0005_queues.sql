-- Where a delivery stands in its schedule, which is not how often it was tried; whether it stands aside, so that
-- what follows it in its interaction need not wait; and a way to what follows.

alter table deliveries add column step integer not null default 0;
alter table deliveries add column aside integer not null default 0;
update deliveries set step = attempts;
create index deliveries_by_key on deliveries (webhook_id, key, cursor) where state = 'pending';
