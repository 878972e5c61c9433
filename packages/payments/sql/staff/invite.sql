-- The newest invitation of a person is their only one. Somebody who is linked needs none.
with member as (
  select
    staff_id,
    linked_at is not null as linked
  from payments.staff
  left join payments.staff_links using (staff_id)
  where staff_id = $1
    and left_at is null
), invited as (
  insert into payments.staff_invitations (staff_id, code_digest, expires_at)
  select staff_id, $2, clock_timestamp() + $3 * interval '1 millisecond'
  from member
  where not linked
  on conflict (staff_id) do update
    set code_digest = excluded.code_digest,
        expires_at = excluded.expires_at
)
select linked
from member
