# Market data, keys and the audit trail.
market-none = No library of titles has been composed.
    .next = Import a source on the host, then publish its first version.
market-try = Try a title
market-found = What it stands for
market-found-caption = The likeliest first
market-not-found = No title of the library is close enough.
import-built-in = Built-in data
import-onet = O*NET
import-soc = SOC
import-coded-titles = Coded titles
import-wages = Employment and wages
import-own-titles = Own titles
import-begun = The import has begun.
import-file = File { $file } of { $files }:
import-read = { $done } of { $all } kB read.
import-composing = Everything is read. The draft is being composed.
library = Library
library-shared = Library that all share
library-of = Library of { $customer }
versions-shown = { $count ->
    [one] One version
   *[other] { $count } versions, newest first
}
version-draft = Draft
version-current = Current
version-published = Published
version-retired = Retired
version-now = Current version
version-then = Version that callers get then who name none
version-then-none = None: this is the only one that is published, so it stays until another one is.
version-difference = Titles, compared with the current version
version-differs-not = The same. What else it is made of, such as wages, may differ.
version-differs = { $more ->
    [one] one title more
   *[other] { $more } titles more
}, { $fewer ->
    [one] one title fewer
   *[other] { $fewer } titles fewer
}, { $altered } altered
version-publish = Publish the version
    .effect = Callers that name no version get this one from now on. The others can still be named.
version-retire = Retire the version
    .effect = Nobody gets this version any more. Callers that name it are refused; those that name none get the newest of those that are left.
titles = Titles
sources = Sources
published = Published
title = Title
occupation = Occupation
confidence = Confidence
field-title = Job title
    .help = As somebody would write it, such as Sr. Java developer (m/f/d) Berlin.
field-library = Library
library-typed = Library
    .help = The whole name of the customer whose library it is. Leave it empty for the one that all share.

keys-intro = These keys seal what is stored or handed out. They are sealed themselves by the master key
keys-shown = { $count ->
    [one] One key
   *[other] { $count } keys
}
key = Key
key-seals = Seals
key-of-tokens = Access tokens
key-of-secrets = Client secrets
key-of-links = Invitation links
key-pending = Begins later
key-active = Seals
key-opens-only = Opens only
key-made = Made
key-active-at = Seals from
key-master = Master key
key-dependents = Needed by
key-needed-by-more = more than { $count } things
key-needed = { $count ->
    [0] nothing any more
    [one] one thing
   *[other] { $count } things
}
key-new = Add a key
    .effect = The new key seals as soon as every replica has it. The one before goes on opening what it has sealed.
key-remove = Remove the key
    .effect = What this key has sealed can never be opened again. This cannot be undone.
key-remove-word = Remove
field-purpose = What it seals

audit = Audit trail
audit-none = Nothing has been changed yet.
audit-none-found = No change matches these filters.
audit-shown = { $count ->
    [one] One change shown
   *[other] { $count } changes shown, newest first
}
audit-csv = Export as CSV
audit-since = From
actor = Who
action = What
subject = To what
changes = Before and after
door-console = Console
door-api = API
door-command-line = Command line
door-system = The service
field-actor = Who
field-action = What was done
field-kind = Kind of thing
field-subject = Thing
field-until = Until
