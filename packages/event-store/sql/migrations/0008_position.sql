-- An event before the first position would be read by its stream, and so decided on, but by nobody who reads the log in order.
-- The check of what is there reads the table once, and meanwhile nobody appends: about a second for each few million events.
alter table paylog.events add constraint events_position_check check (position > 0);
