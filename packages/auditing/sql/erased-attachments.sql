-- How many tombstones there are, and of how many the log tells.
select
  (select count(*) from paylog.attachments where erased_at is not null) as tombstones,
  (
    select coalesce(sum((data ->> 'attachments')::bigint), 0)::bigint
    from paylog.events
    where stream >= 'erasure-' and stream < 'erasure.' and type = 'ErasureCarriedOut'
  ) as recorded
