# Secrets and their rotation.
secret = Secret
secret-live = Live
secret-expired = Expired
secret-retired = Retired
secret-expires = expires
secret-uses = Uses, 24 h
secret-from = Used from
actions = Actions
secrets-shown = { $count ->
    [0] No live secret
    [one] One live secret
   *[other] { $count } live secrets
}; uses are shown up to { $seconds } s late
rotation = Rotation
rotation-added = The new secret was added
rotation-first-use = First use of the new secret
    .waiting = Give the new secret to the caller.
or-earlier = or earlier
rotation-both = { $secrets ->
    [one] Both secrets in use
   *[other] The new secret and { $secrets } old ones in use
}
    .detail = In the last 24 hours: { $new } times the new one, { $old } times { $secrets ->
        [one] the old one.
       *[other] the old ones.
    }
rotation-quiet = { $secrets ->
    [one] The old secret quiet for 24 hours
   *[other] The { $secrets } old secrets quiet for 24 hours
}
    .detail = Last use: { $ago }
rotation-retired = { $secrets ->
    [one] The old secret retired
   *[other] The { $secrets } old secrets retired
}
rotation-expired = The old secret expired
rotation-wait-for-first-use = The new secret has not been used yet. { $secrets ->
    [one] The old one goes on working.
   *[other] The { $secrets } old ones go on working.
}
rotation-wait-for-quiet = { $secrets ->
    [one] The old secret has not been used for { $duration }. Retire it when that is a day.
   *[other] None of the { $secrets } old secrets has been used for { $duration }. Retire them when that is a day.
}
rotation-still-used = { $count ->
    [one] One call
   *[other] { $count } calls
} since { $since } still used { $secrets ->
    [one] the old secret, from { $addresses }. If you retire it now, such calls will be refused.
   *[other] { $used } of the { $secrets } old secrets, from { $addresses }. If you retire what is still used, such calls will be refused.
}
rotation-done = { $secrets ->
    [one] The old secret has not been used for { $duration }. You can retire it.
   *[other] None of the { $secrets } old secrets has been used for { $duration }. You can retire them.
}
secret-still-used = { $count ->
    [one] One call
   *[other] { $count } calls
} since { $since } used the secret { $secret }, from { $addresses }. If you retire it now, such calls will be refused.
secret-address-unknown = an unknown address
secret-new = Add a secret
    .intro = { $live ->
        [0] The client has no live secret.
        [one] The client has one live secret. It goes on working until it is retired.
       *[other] The client has { $live } live secrets. They go on working until they are retired.
    }
    .retire-first = Retire the old ones first: with more than two live secrets, it is hard to tell which one a caller has.
field-expires-in-days = Expires after
    .help = Empty: it does not expire.
    .unit = days
secret-once = Copy this secret now. It is shown once and cannot be shown again.
secret-added-title = Secret added
client-registered = Client registered
secret-brought = The secret that you entered is stored.
form-sent-before = Nothing was added
secret-sent-before = This form was sent before, and stored the secret { $secret } then; nothing was stored now. If that secret was generated, it was shown in the first answer, and cannot be shown again. If it was lost, add another one and retire that one.
done = Done
secret-check = Check a secret you stored
    .intro = Paste what the caller has stored. It is compared, and not kept.
field-stored-secret = Stored secret
secret-check-newest = This is the newest secret of the client.
secret-check-older = This is a live secret of the client, but not the newest.
secret-check-none = This is no live secret of the client.
secret-check-too-many = Too many secrets were compared. Wait a few minutes.
secret-retire = Retire the secret
secret-retire-word = Retire
secret-restore = Take back
secret-restorable = Possible for some time: it ends { $when }
registered-at = Added
last-use = Last use
secret-not-used-lately = No call has used this secret since { $since }.
secret-is-last = This is the only live secret. Without it, the client gets no token.
field-mode = Why
retire-mode = It is replaced
    .help = Tokens that the client has go on working until they expire.
leaked-mode = It leaked
    .help = All tokens of the client are ended too, at once, and this cannot be taken back.
secret-can-be-restored = A secret that is replaced can be taken back for { $duration }. As long it is kept, sealed; calls with it are refused all the same.
secret-cannot-be-restored = This cannot be undone.
flash-secret-retired = The secret is retired: it is refused from now on.
flash-secret-restored = The secret is accepted again.
flash-secret-not-restorable = Nothing was done: the time in which this could be taken back is over. Add another secret.
flash-secret-exists = Nothing was done: a live secret of the client is the same.
