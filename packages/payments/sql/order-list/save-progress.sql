update payments.sweeps
set revision = revision + 1,
    list_offset = $3,
    passed = $4,
    reading_began_at = $5,
    reading_until = $6,
    reading_next = $7,
    reading_rereads = $8,
    completed_began_at = $9,
    completed_count = $10,
    completed_difference = $11,
    reread_at = $12
where provider = $1
  and revision = $2
returning revision
