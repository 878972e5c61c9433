insert into payments.sweeps (provider, revision, baseline, list_offset, passed)
values ($1, 1, $2, $3, 0)
on conflict (provider) do nothing
