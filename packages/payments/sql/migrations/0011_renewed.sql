-- How urgent is what became due since the claim: apart from what the claim itself was for, which it may be far from.
alter table payments.recipients add renewed_priority smallint not null default 9;
