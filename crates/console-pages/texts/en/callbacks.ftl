# Deliveries.
callbacks-none = Nothing was to be delivered yet.
    .next = Callbacks appear here as soon as the status of an invitation changes.
callbacks-none-found = No delivery matches these filters.
callbacks-shown = { $count ->
    [one] One delivery shown, newest first
   *[other] { $count } deliveries shown, newest first
}
event = Event
event-id = Event ID
receiver = Receiver
receiver-talentsoft = Talentsoft
receiver-platform = Platform
invitation = Invitation
invitation-status = Status of the invitation
occurred = Occurred
attempts = Attempts
attempts-none = It was not tried yet.
attempt-status = Answered { $status }
attempt-answer = Beginning of the answer
attempt-by-hand = by hand, by { $who }
next-at = next
field-invitation = Invitation
field-discard-reason = Reason
    .help = It is written to the audit trail. Name no person.
delivery-waiting = Waiting
    .sentence = It is sent as soon as its turn comes.
delivery-retrying = Retrying
    .sentence = { $count ->
        [one] The first attempt failed: { $cause }. The next one is { $when }.
       *[other] { $count } attempts failed, the last one: { $cause }. The next one is { $when }.
    }
delivery-delivered = Delivered
    .sentence = { $count ->
        [one] The receiver accepted it at the first attempt.
       *[other] The receiver accepted it after { $count } attempts.
    }
delivery-parked = Parked
    .sentence = { $count ->
        [one] Parked after one attempt: { $cause }. Nothing more is sent until you retry.
       *[other] Parked after { $count } attempts: { $cause }. Nothing more is sent until you retry.
    }
delivery-discarded = Discarded
    .sentence = It was discarded. The receiver does not get it.
retry-now = Retry now
retry-parked = Retry all parked
    .intro = Deliveries that were parked since a day are tried again, in the order in which they happened. Each keeps its event ID, so a receiver that has it already ignores it.
retry-count = Count them
retry-counted = { $count ->
    [0] Nothing has been parked since then.
    [one] One delivery has been parked since then.
   *[other] { $count } deliveries have been parked since then.
}
retry-all = { $count ->
    [one] Retry one delivery
   *[other] Retry { $count } deliveries
}
field-since = Parked since
    .help = A day in UTC.
discard = Discard the delivery
    .effect = The receiver never gets this event. This cannot be undone.
flash-retried = It is tried again now.
flash-retried-all = They are tried again now.
flash-discarded = The delivery was discarded.
flash-not-open = Nothing was done: the delivery is over already.
