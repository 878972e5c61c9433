create schema payments;

-- Who a customer is. The log knows the random id only; a row can be deleted and every proof stays intact.
create table payments.customers (
  customer_id      text        primary key,
  telegram_user_id text        not null,
  chat_id          text        not null,
  language         text        not null,
  created_at       timestamptz not null default now(),
  constraint customers_telegram_user_id unique (telegram_user_id)
);

-- Read model: one row an invoice, written by the follower "invoices" and by nothing else.
create table payments.invoices (
  invoice_id      text        primary key,
  customer_id     text        not null,
  status          text        not null,
  title           text        not null,
  currency        text        not null,
  amount          numeric     not null,
  issued_at       timestamptz not null,
  pay_by          timestamptz not null,
  order_id        text,
  order_number    text,
  pay_link        text,
  order_expires_at timestamptz,
  paid_currency   text,
  gross           numeric,
  fee             numeric,
  net             numeric,
  paid_at         timestamptz,
  held_payments   integer     not null default 0,
  version         integer     not null,
  position        bigint      not null
);

create index invoices_customer_id on payments.invoices (customer_id, issued_at desc);

-- Messages to customers. Written by the follower "deliveries" and by the bot's handlers, sent by a worker. A message that
-- changes is shown in the same place: `shown` follows `revision`, and where it is behind there is something to send.
create table payments.deliveries (
  delivery_id   text        primary key,
  customer_id   text        not null,
  invoice_id    text,                                                 -- shows this invoice as it is, and is edited in place
  body          json,                                                 -- any other message has a body of its own
  revision      integer     not null default 0,
  shown         integer     not null default 0,
  due_at        timestamptz not null default clock_timestamp(),       -- since when `shown` is behind; a customer's messages go in this order
  not_before    timestamptz,                                          -- how long it and the customer's later messages have to wait
  message_id    text,                                                 -- at Telegram, once it was sent
  sent_at       timestamptz,
  parked_reason text,                                                 -- Telegram refuses this revision whenever it comes
  created_at    timestamptz not null default now(),
  constraint deliveries_content check ((invoice_id is null) <> (body is null)),
  constraint deliveries_invoice_id unique (invoice_id)
);

create index deliveries_pending on payments.deliveries (customer_id, due_at) where revision > shown and parked_reason is null;

-- Names for the provider's keys, so that evidence can say which one signed it. The id is random; a key is known again by
-- its HMAC over the row's nonce, which tells no more about the key than any signed delivery does.
create table payments.provider_keys (
  key_id     text        primary key,
  nonce      bytea       not null,
  tag        bytea       not null,
  first_seen timestamptz not null default now()
);

-- paylog_project runs followers, workers and the bot. paylog_read sees the read model, and nobody's identity.
select
  paylog.make_role('paylog_project'),
  paylog.grant_to('paylog_project', 'usage on schema payments'),
  paylog.grant_to('paylog_project', 'select, insert, update, delete on all tables in schema payments'),
  paylog.grant_to('paylog_read', 'usage on schema payments'),
  paylog.grant_to('paylog_read', 'select on payments.invoices');
