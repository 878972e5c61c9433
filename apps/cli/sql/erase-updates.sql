-- What the person wrote and pressed, and what others wrote that shows them: their number stands there as somebody's id.
delete from bot.updates
where body::text ~ ('"id" *: *' || $1 || '(?![0-9])')
returning update_id
