-- Every column as text, whatever columns there are. The ids find them by the primary key.
select (select json_object_agg(key, value) from json_each_text(row_to_json(approvals))) as row
from payments.approvals
where id = any($1::text[])
  and stream = any($2::text[])
