-- Priorities: 0 a receipt (money was seen or went back), 1 an answer to what somebody just did. They change places: whoever presses and
-- presses delays no receipt.
update payments.deliveries set priority = 1 - priority where priority < 2 and revision > shown;
update payments.recipients set priority = 1 - priority where priority < 2;
update payments.recipients set renewed_priority = 1 - renewed_priority where renewed_priority < 2;
