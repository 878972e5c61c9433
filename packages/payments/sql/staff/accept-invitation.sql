select payments.accept_staff_invitation($1, $2) as linked
