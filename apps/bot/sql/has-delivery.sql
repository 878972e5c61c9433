select
from payments.deliveries
where delivery_id = $1
