-- The log refuses this to everybody, so its trigger is off for a moment. All tables that are compared start rounds empty.
alter table paylog.events disable trigger refuse_change;
truncate paylog.events, paylog.bookmarks cascade;
alter table paylog.events enable always trigger refuse_change;
