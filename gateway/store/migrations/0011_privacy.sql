-- Up to where fields of a class have been taken out of the journal by age (store.retention_days_of).

create table faded (
    class text primary key,
    cursor integer not null
);
