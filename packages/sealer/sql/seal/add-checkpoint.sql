-- Synchronous, so that when it is answered the tree beneath is on disk too.
insert into transparency.checkpoints (origin, size, root, note, signed_at)
values ($1, $2, $3, $4, $5)
on conflict (origin, size, note) do nothing
