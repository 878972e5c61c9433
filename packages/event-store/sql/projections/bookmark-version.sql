select version
from paylog.bookmarks
where follower = $1
