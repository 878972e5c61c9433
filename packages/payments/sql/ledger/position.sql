select position
from paylog.bookmarks
where follower = $1
