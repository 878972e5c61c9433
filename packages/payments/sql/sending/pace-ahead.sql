-- How long nothing may be sent to anybody: the pace of all is used up for so long, or Telegram said that we are too fast. $1, $2: rate and burst.
select
  greatest(0, extract(epoch from next_at - ($2::float8 - 1) / $1::float8 * interval '1 second' - clock_timestamp()))::float8 as seconds
from payments.sending
