select bundle, hashes
from transparency.entries
where bundle between $1 and $2
order by bundle
