select
  provider,
  revision,
  baseline,
  list_offset as "offset",
  passed,
  reading_began_at as "readingBeganAt",
  reading_until as "readingUntil",
  reading_next as "readingNext",
  reading_rereads as "readingRereads",
  completed_began_at as "completedBeganAt",
  completed_count as "completedCount",
  completed_difference as "completedDifference",
  reread_at as "rereadAt"
from payments.sweeps
where provider = $1
