-- What adapters must remember and nobody else may see: of a row, what changed with its events; of the checkpoint,
-- all of it. JSON, one object a line. Nothing that leaves the gateway is read from these columns.

alter table journal add column private blob;
alter table checkpoint add column private blob not null default x'';
