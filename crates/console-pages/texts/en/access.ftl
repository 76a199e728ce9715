# Getting in.
sign-in = Sign in
sign-out = Sign out
sign-in-or = or
sign-in-with = Sign in with { $company }
sign-in-lost = Have you lost your password? Another admin, or whoever runs the service, can set a new one.
sign-in-refused = These details do not match, or sign-in is paused. Try again in a few minutes.
sign-in-code = Enter your code
sign-in-again = Sign in as somebody else
field-sign-in-name = Sign-in name
field-password = Password
field-code = Code
    .help = The six digits that your authenticator app shows now, or one of your recovery codes.
onward = Opening the console
onward-body = The console opens by itself. If it does not, press Continue.
