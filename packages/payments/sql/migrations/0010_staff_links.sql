-- What a member of the staff may do: everything, or look and nothing else. It holds wherever they work.
alter table payments.staff
  add column role text not null default 'owner' constraint staff_role check (role in ('owner', 'support'));

-- Which Telegram user works with the bot as which member of the staff: one and one, else one person could be two.
create table payments.staff_links (
  staff_id         text        primary key references payments.staff on delete cascade,
  telegram_user_id text        not null,
  linked_at        timestamptz not null default now(),
  constraint staff_links_telegram_user_id unique (telegram_user_id)
);

-- An invitation makes one link, once. Of its code only the SHA-256 is kept.
create table payments.staff_invitations (
  staff_id    text        primary key references payments.staff on delete cascade,
  code_digest bytea       not null,
  expires_at  timestamptz not null,
  constraint staff_invitations_code_digest unique (code_digest)
);

-- Links the Telegram user to the person whose invitation it is, and uses the invitation up. `false`: there is none that holds, or
-- one of the two is linked already. The rights are the owner's: whoever has the code may do this, and nothing else.
create function payments.accept_staff_invitation(code_digest bytea, telegram_user_id text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  invited text;
begin
  delete from payments.staff_invitations as invitations
  using payments.staff
  where invitations.code_digest = $1
    and invitations.expires_at > clock_timestamp()
    and staff.staff_id = invitations.staff_id
    and staff.left_at is null
  returning invitations.staff_id into invited;
  if invited is null then
    return false;
  end if;
  insert into payments.staff_links (staff_id, telegram_user_id)
  values (invited, $2)
  on conflict do nothing;
  return found;
end
$$;

revoke all on function payments.accept_staff_invitation(bytea, text) from public;

select
  paylog.grant_to('paylog_project', 'select on payments.staff_links'),
  paylog.grant_to('paylog_project', 'execute on function payments.accept_staff_invitation(bytea, text)');
