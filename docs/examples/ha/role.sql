-- What the service sets in each session, for those that a pooler opens: there it cannot.
alter role partner set statement_timeout = '4s';
alter role partner set idle_in_transaction_session_timeout = '5s';
alter role partner set jit = off;
alter role partner set tcp_keepalives_idle = 10;
alter role partner set tcp_keepalives_interval = 5;
alter role partner set tcp_keepalives_count = 3;
alter role partner set tcp_user_timeout = '25s';
