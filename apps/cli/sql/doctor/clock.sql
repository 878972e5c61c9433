-- Milliseconds since 1970: now, and when the last event was recorded.
select
  (extract(epoch from clock_timestamp()) * 1000)::double precision as "nowMs",
  (select (extract(epoch from recorded_at) * 1000)::double precision from paylog.events order by position desc limit 1) as "lastMs"
