-- It was not said after all: it may be once the period is over.
update transparency.posts
set size = -1
where channel = $1
