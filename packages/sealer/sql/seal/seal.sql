select size, events, damaged
from transparency.seal($1, $2)
