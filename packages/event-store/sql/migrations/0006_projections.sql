-- Projections: followers whose rows can be built anew from the log. A rebuild writes to shadow tables beside the live ones.

-- Whoever follows with code of another version neither leads nor writes.
alter table paylog.bookmarks
  add column version integer not null default 1 check (version > 0);      -- of the code that the follower's rows are made by

create table paylog.rebuilds (
  follower    text        primary key references paylog.bookmarks on delete cascade,
  version     integer     not null check (version > 0),                   -- of the code that the new rows are made by
  tables      text[]      not null,                                       -- the live tables, by qualified name
  shadows     text[]      not null,                                       -- what is written instead, in the same order
  shards      integer     not null check (shards > 0),
  holder      text,                                                       -- as in paylog.bookmarks
  token       bigint      not null default 0,
  lease_until timestamptz not null default '-infinity',
  started_at  timestamptz not null default clock_timestamp()
);

-- A shard has the streams whose hash falls to it. The token is the rebuild's: it stands here too, so that shards need not
-- meet on one row.
create table paylog.rebuild_shards (
  follower text    not null references paylog.rebuilds on delete cascade,
  shard    integer not null check (shard >= 0),
  position bigint  not null default 0 check (position >= 0),              -- the shard's events up to here are applied, or their stream is parked
  token    bigint  not null default 0,
  primary key (follower, shard)
);

create table paylog.rebuild_parked (
  follower  text        not null references paylog.rebuilds on delete cascade,
  stream    text        not null,
  position  bigint      not null,                                         -- these as in paylog.parked
  version   integer     not null check (version > 0),
  reason    text        not null,
  parked_at timestamptz not null default clock_timestamp(),
  primary key (follower, stream)
);

-- Why a table cannot be replaced by another one of its name; no row when it can. What others hang on to it would keep
-- pointing at the old one, or be lost with it.
create function paylog.why_not_rebuilt(live regclass) returns setof text
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select 'it is not an ordinary table'
  from pg_class where oid = live and (relkind <> 'r' or relispartition or relhassubclass)
  union all
  select 'row security is on' from pg_class where oid = live and (relrowsecurity or relforcerowsecurity)
  union all
  select format('the foreign key %s', conname) from pg_constraint where contype = 'f' and live in (conrelid, confrelid)
  union all
  select format('the trigger %s', tgname) from pg_trigger where tgrelid = live and not tgisinternal
  union all
  select format('it inherits from %s', inhparent::regclass) from pg_inherits where inhrelid = live
  union all
  select format('it is published by %s', pubname)
  from pg_publication_rel join pg_publication on pg_publication.oid = prpubid where prrelid = live
  union all
  select format('the column %s counts up: a row is to follow from events alone', attname)
  from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
  where attrelid = live and attnum > 0 and not attisdropped
    and (attidentity <> '' or pg_get_expr(adbin, adrelid) like '%nextval(%')
  union all
  select distinct format('the view or rule of %s', ev_class::regclass)
  from pg_depend join pg_rewrite on pg_rewrite.oid = objid
  where classid = 'pg_rewrite'::regclass and refclassid = 'pg_class'::regclass and refobjid = live
  union all
  select distinct format('the function %s', objid::regprocedure)
  from pg_depend
  where classid = 'pg_proc'::regclass
    and (refclassid, refobjid) in (
      ('pg_class'::regclass, live),
      ('pg_type'::regclass, (select reltype from pg_class where oid = live))
    )
$$;

-- Makes an empty table like `live`, to take its place later: same columns, constraints, indexes, owner, and settings.
create function paylog.make_shadow(live regclass, shadow text) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  about record;
begin
  select pg_get_userbyid(relowner) as owner, nspname as schema, array_to_string(reloptions, ', ') as settings into about
  from pg_class join pg_namespace on pg_namespace.oid = relnamespace where pg_class.oid = live;
  execute format('create table %I.%I (like %s including all)', about.schema, shadow, live);
  execute format('alter table %I.%I owner to %I', about.schema, shadow, about.owner);
  if about.settings is not null then
    execute format('alter table %I.%I set (%s)', about.schema, shadow, about.settings);
  end if;
end
$$;

-- Drops `live` and gives its name, its indexes' and constraints' names, its comment and its grants to `shadow`. Readers wait from
-- here until the transaction ends, and then find the new one.
create function paylog.put_in_place(live regclass, shadow regclass) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  about     record;
  granted   record;
  renamed   record;
  statement text;
  after     text[] := '{}';
begin
  execute format('lock table %s in access exclusive mode', live);
  select relname as name, nspname as schema, relowner as owner, obj_description(live, 'pg_class') as comment into about
  from pg_class join pg_namespace on pg_namespace.oid = relnamespace where pg_class.oid = live;

  -- Two indexes are the same one when they are so without their names and their table's.
  for renamed in
    with indexes as (
      select
        indrelid,
        relname as name,
        indexrelid,
        -- Of several that are alike, the first belongs to the first.
        row(
          regexp_replace(pg_get_indexdef(indexrelid), '^.* USING ', ''), indisunique, indisprimary, indisexclusion,
          row_number() over (
            partition by indrelid, regexp_replace(pg_get_indexdef(indexrelid), '^.* USING ', ''), indisunique, indisprimary
            order by relname
          )
        ) as same
      from pg_index join pg_class on pg_class.oid = indexrelid
      where indrelid in (live, shadow)
    )
    select theirs.name as was, ours.name as becomes
    from indexes as theirs join indexes as ours using (same)
    where theirs.indrelid = shadow and ours.indrelid = live
  loop
    -- A constraint has its index's name, and is renamed with it.
    after := after || format('alter index %I.%I rename to %I', about.schema, renamed.was, renamed.becomes);
  end loop;

  for granted in
    select grantee, is_grantable, string_agg(privilege_type, ', ') as privileges, null::name as on_column, min(place) as place
    from pg_class
    cross join aclexplode(relacl) with ordinality as acl (grantor, grantee, privilege_type, is_grantable, place)
    where oid = live and grantee <> about.owner
    group by grantee, is_grantable
    union all
    select grantee, is_grantable, string_agg(privilege_type, ', '), attname, min(place)
    from pg_attribute
    cross join aclexplode(attacl) with ordinality as acl (grantor, grantee, privilege_type, is_grantable, place)
    where attrelid = live and not attisdropped and grantee <> about.owner
    group by grantee, is_grantable, attname
    order by place
  loop
    after := after || format(
      'grant %s on %s to %s%s',
      case
        when granted.on_column is null then granted.privileges
        else (
          select string_agg(format('%s (%I)', privilege, granted.on_column), ', ')
          from unnest(string_to_array(granted.privileges, ', ')) as privilege
        )
      end,
      shadow,
      case when granted.grantee = 0 then 'public' else format('%I', pg_get_userbyid(granted.grantee)) end,
      case when granted.is_grantable then ' with grant option' else '' end
    );
  end loop;

  -- What the schema's default privileges gave it, the live one may not have.
  for granted in
    select distinct grantee from pg_class, aclexplode(relacl) where oid = shadow and grantee <> about.owner
  loop
    execute format(
      'revoke all on %s from %s',
      shadow, case when granted.grantee = 0 then 'public' else format('%I', pg_get_userbyid(granted.grantee)) end
    );
  end loop;

  if about.comment is not null then
    after := after || format('comment on table %s is %L', shadow, about.comment);
  end if;
  after := after || format('alter table %s rename to %I', shadow, about.name);

  execute format('drop table %s', live);
  foreach statement in array after loop
    execute statement;
  end loop;
end
$$;

revoke all on function
  paylog.why_not_rebuilt(regclass),
  paylog.make_shadow(regclass, text),
  paylog.put_in_place(regclass, regclass)
from public;

select
  paylog.grant_to('paylog_read', 'select on paylog.rebuilds, paylog.rebuild_shards, paylog.rebuild_parked'),
  paylog.grant_to('paylog_project', 'select on paylog.rebuilds, paylog.rebuild_shards, paylog.rebuild_parked');
