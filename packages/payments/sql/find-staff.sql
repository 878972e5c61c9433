-- Whoever works with a login of their own is nobody else: an id that is bound to none is no second person of theirs. In the bot a
-- person is who their Telegram user is linked to.
select
  session_user::text as session,
  role,
  case
    when $2::text is not null then exists (
      select
      from payments.staff_links
      where staff_links.staff_id = staff.staff_id
        and telegram_user_id = $2
    )
    when login is null then not exists (select from payments.staff where login = session_user)
    else login = session_user
  end as allowed
from payments.staff
where staff_id = $1
  and left_at is null
