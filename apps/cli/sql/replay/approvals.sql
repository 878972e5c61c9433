-- Every column as text, whatever columns there are.
select (select json_object_agg(key, value) from json_each_text(row_to_json(approvals))) as row
from payments.approvals
