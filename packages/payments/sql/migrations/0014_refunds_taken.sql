-- Who sends a refund: from then on nobody else does.
alter table payments.approvals
  add taken_by text,
  add constraint approvals_taken_by_another check (taken_by <> asked_by);
