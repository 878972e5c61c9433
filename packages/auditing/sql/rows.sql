-- All events there are, by the index on streams or by none: the index on positions is what the check reads by.
select count(stream) as rows
from paylog.events
