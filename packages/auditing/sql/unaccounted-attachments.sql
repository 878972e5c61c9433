-- Attachments that no event names; and erased ones without an erasure by two people that they belong to. A delivery about an
-- invoice belongs to that of its customer. One that is quarantined or of no invoice says nothing more of whose it was once its
-- bytes are gone: then some erasure must have been approved by that time. One pass over the events' metadata.
with suspects as (
  select digest, erased_at, position, stream
  from paylog.attachments
  left join paylog.events on metadata ->> 'attachment' = encode(digest, 'hex')
  where position is null or erased_at is not null
),
approvals as (
  select approved.data ->> 'customerId' as customer, approved.recorded_at
  from paylog.events as approved
  join paylog.events as proposed
    on proposed.stream = approved.stream
    and proposed.type = 'ErasureProposed'
    and proposed.data ->> 'proposalId' = approved.data ->> 'proposalId'
    and proposed.version < approved.version
    and proposed.data ->> 'digest' = approved.data ->> 'digest'
    and proposed.data ->> 'by' <> approved.data ->> 'by'
    -- Times of one form, as text: what is no time ends no audit.
    and approved.data ->> 'approvedAt' < proposed.data ->> 'expiresAt' collate "C"
  where approved.stream >= 'erasure-' and approved.stream < 'erasure.'
    and approved.type = 'ErasureApproved'
),
judged as (
  select
    digest,
    position,
    case
      when position is null then false
      when stream >= 'invoice-' and stream < 'invoice.' then exists (
        select
        from paylog.events as issued
        join approvals on approvals.customer = issued.data ->> 'customerId'
        where issued.stream = suspects.stream and issued.version = 1
          and approvals.recorded_at <= erased_at + interval '5 seconds'
      )
      -- Both times are the server's; a clock that was set back a little is no finding.
      else exists (select from approvals where recorded_at <= erased_at + interval '5 seconds')
    end as is_accounted
  from suspects
)
select
  encode(digest, 'hex') as digest,
  min(position) as position
from judged
group by digest
having not bool_or(is_accounted)
order by min(position), digest
limit 1000
