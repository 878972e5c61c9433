-- Whoever may sign may also write what is no checkpoint. It must not keep the signer from a size: rows of one size differ by
-- their notes, and only those count whose notes hold. Notes that long are ours; what an index can have is not much longer.
alter table transparency.checkpoints
  drop constraint checkpoints_origin_size,
  add constraint checkpoints_note check (octet_length(note) <= 2000),
  add constraint checkpoints_origin_size_note primary key (origin, size, note);
