-- Every column as text, whatever columns there are.
select (select json_object_agg(key, value) from json_each_text(row_to_json(ledger_alarms))) as row
from payments.ledger_alarms
where position = any($1::bigint[])
