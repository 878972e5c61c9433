-- Whether two people decided to erase a customer: the approval came after the proposal, was of its text and in its time, and is by
-- another person. The same rule as where commands are decided (packages/domain, Proposal), for what got into the log in another way.
-- `verify` has it once more (packages/auditing): an auditor does not believe a function of the database.
create function payments.is_erasure_decided(erased_customer text) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select
    from paylog.events as approved
    join paylog.events as proposed
      on proposed.stream = approved.stream
      and proposed.type = 'ErasureProposed'
      and proposed.version < approved.version
      and proposed.data ->> 'proposalId' = approved.data ->> 'proposalId'
      and proposed.data ->> 'digest' = approved.data ->> 'digest'
      and proposed.data ->> 'by' <> approved.data ->> 'by'
    where approved.stream = 'erasure-' || erased_customer
      and approved.type = 'ErasureApproved'
      and (approved.data ->> 'approvedAt')::timestamptz < (proposed.data ->> 'expiresAt')::timestamptz
  )
$$;

revoke all on function payments.is_erasure_decided(text) from public;

-- As it was, by that rule.
create or replace function payments.erase_evidence(erased_customer text) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  invoices text[];
  names    text;
  erased   integer;
begin
  if not payments.is_erasure_decided(erased_customer) then
    raise exception 'No two people decided to erase %', erased_customer using errcode = 'insufficient_privilege';
  end if;

  select array_agg(invoice_id) into invoices
  from payments.invoices
  join paylog.events on stream = 'invoice-' || invoice_id and events.version = 1
  where customer_id = erased_customer
    and data ->> 'customerId' = erased_customer;

  -- As a pattern: their ids, their orders', and the person's number while that is known; each of letters and digits.
  select string_agg(name, '|') into names
  from (
    select unnest(invoices)
    union
    select data ->> 'orderId'
    from paylog.events
    where stream = any (select 'invoice-' || unnest(invoices))
    union
    select telegram_user_id
    from payments.customers
    where customer_id = erased_customer
  ) as known (name)
  where name ~ '^[A-Za-z0-9_-]{4,64}$';

  with own as (
    select metadata ->> 'attachment' as digest
    from paylog.events
    where stream = any (select 'invoice-' || unnest(invoices))
  ), others as (
    select metadata ->> 'attachment' as digest
    from paylog.events
    -- By the index on streams: a full stop comes next after a hyphen.
    where (stream >= 'quarantine-' and stream < 'quarantine.')
      or (stream >= 'unmatched-' and stream < 'unmatched.')
  ), naming as (
    select attachments.digest
    from (select distinct digest from others where digest ~ '^[0-9a-f]{64}$') as candidates
    join paylog.attachments on attachments.digest = decode(candidates.digest, 'hex')
    where encode(bytes, 'escape') ~ ('(^|[^A-Za-z0-9_])(' || names || ')([^A-Za-z0-9_]|$)')
  )
  select count(*) filter (where paylog.erase_attachment(digest)) into erased
  from (
    select decode(digest, 'hex') from own where digest ~ '^[0-9a-f]{64}$'
    union
    select digest from naming
  ) as gone (digest);
  return erased;
end
$$;
