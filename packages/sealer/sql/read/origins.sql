select origin
from transparency.checkpoints
group by origin
order by min(signed_at)
