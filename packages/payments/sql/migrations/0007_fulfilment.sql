-- When the customer had what was paid for, by the log: another fact than `paid_at`.
alter table payments.invoices add column fulfilled_at timestamptz;
