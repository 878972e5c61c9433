-- The entries of the newest bundle.
select bundle, hashes
from transparency.entries
order by bundle desc
limit 1
