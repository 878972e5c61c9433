-- Who may be somebody else is nobody's to say but the owner's: whoever decides about money adds no second person to approve it.
do $$
begin
  revoke insert, update, delete on payments.staff from paylog_project;
exception
  when undefined_object then null;
end
$$;
