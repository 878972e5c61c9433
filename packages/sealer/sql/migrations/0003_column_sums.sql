-- Four bytes of a SHA-256 for each column of each sealed event, 256 events a row. They prove nothing, but tell which column
-- of an event was changed.
create table transparency.column_sums (
  bundle bigint not null check (bundle >= 0),
  sums   bytea  not null,
  constraint column_sums_bundle primary key (bundle),
  constraint column_sums_length check (length(sums) between 44 and 11264 and length(sums) % 44 = 0)
);
alter table transparency.column_sums alter column sums set storage external;

select
  paylog.grant_to('paylog_project', 'select, insert, update on transparency.column_sums'),
  paylog.grant_to('paylog_read', 'select on transparency.column_sums'),
  paylog.grant_to('paylog_audit', 'select on transparency.column_sums');
