# The overview.
overview = Overview
overview-attention = { $count ->
    [one] One thing needs you
   *[other] { $count } things need you
}
overview-look = Attention
overview-well = All is well
    .sentence = Nothing needs you.
overview-partly = Partly unknown
    .sentence = Some numbers could not be read. What could be read needs nobody.
overview-parked = { $count ->
    [one] One callback is parked. Nothing more is sent for it until you retry.
   *[other] { $count } callbacks are parked. Nothing more is sent for them until you retry.
}
overview-many-refused = { $share } of all calls for tokens and to the API were refused in the last 24 hours.
overview-secret-expires = The newest secret of { $client } expires { $when }.
overview-day = The last 24 hours
overview-tokens = Tokens issued
overview-refusals = Calls refused
overview-waiting = Callbacks waiting
overview-parked-tile = Callbacks parked
overview-tokens-caption = { $count ->
    [one] One token issued since { $since }
   *[other] { $count } tokens issued since { $since }
}
overview-refusals-caption = { $count ->
    [one] One call refused ({ $share })
   *[other] { $count } calls refused ({ $share })
}
overview-most-refused = Refused most
overview-most-refused-caption = Callers and reasons of the last 24 hours, the most frequent first
overview-secrets = Secrets to look at
overview-no-secrets = No secret expires within 14 days, and none that was added a week to 90 days ago is still unused.
overview-replicas = Replicas
overview-replicas-caption = { $count ->
    [one] One replica
   *[other] { $count } replicas
}
replica = Replica
replica-well = Running
replica-lags = Lagging
    .attention = The replica { $replica } lags behind: what it knows of clients and tokens is old.
replica-silent = Silent
    .attention = The replica { $replica } has not been heard of for more than a minute.
database = Database
database-primary = Primary
database-standby = Standby
database-unknown = Not told
lag = Lag
started = Started
version = Version
last-seen = Last seen
panel-unavailable = This could not be read in time. Reload the page to try again.
look = Look
state = State
caller = Caller
caller-unknown = Unknown client
caller-none = No client named
reason = Reason
refused = Refused
last-at = Last
secret-expires-soon = Expires soon
secret-never-used = Never used
secret-added = added
refusals-none-today = No call was refused in the last 24 hours.
