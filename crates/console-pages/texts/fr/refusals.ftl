# Les appels refusés.
refusals = Refus
refusals-grouped = Par appelant et motif
refusals-each = Chaque appel
refusals-none = Aucun appel n’a été refusé pendant cette période.
refusals-none-found = Aucun appel refusé ne correspond à ces filtres.
refusals-not-kept-hint = En cas d’afflux, seuls les premiers appels d’une heure sont conservés ; les autres sont comptés par appelant et motif.
refusals-shown = { $count ->
    [one] { $count } appel affiché, le plus récent d’abord
   *[other] { $count } appels affichés, les plus récents d’abord
}
refusal-groups-caption = Appelants et motifs, celui du dernier appel d’abord
refused-call = L’appel
remedy = Comment y remédier
remove-filter = Retirer le filtre
filter-chip = { $name } : { $value }
field-client = Client
field-request = ID de la requête
field-reason = Motif
field-address = Adresse
field-hours = Période
span-day = Dernières 24 heures
span-week = 7 derniers jours
span-fortnight = 14 derniers jours
by-hour = 24 dernières heures
first-at = Premier
time = Heure
route = Route
status = Statut
request-id = ID de la requête
more-of-them = Autres appels
not-kept = { $count ->
    [one] { $count } autre compté, non conservé
   *[other] { $count } autres comptés, non conservés
}
check = Contrôle
checks = Contrôles de l’assertion
checks-caption = Chaque contrôle, au moment de l’appel
check-result = Résultat
check-seen = Constaté
check-rule = Règle
check-passed = Réussi
check-failed = Échoué
check-not-reached = Non atteint
check-form = Trois parties en base64url, dont deux objets JSON
check-iss = Un client actif qui peut utiliser des assertions
check-typ = JWT, ou absent
check-alg = HS256
check-crit = Sans crit ni b64
check-mac = Fait avec un secret valide du client
check-sub = Une chaîne non vide
check-aud = L’une des audiences acceptées, à l’octet près
check-exp = À venir, sans dépasser ce que le client peut demander
check-nbf = Passé, ou absent
check-iat = Passé, mais pas depuis trop longtemps, ou absent
check-jti = Une chaîne de 1 à 256 octets, ou absent
check-email = Une adresse e-mail
check-name = 256 octets au plus, tous visibles, ou absent
check-replay = Pas encore utilisée, si les assertions sont à usage unique
explain-passes = L’assertion passe tous les contrôles. Une demande de jeton serait acceptée maintenant.
explain-fails = { $count ->
    [one] L’assertion échoue à { $count } contrôle.
   *[other] L’assertion échoue à { $count } contrôles.
}
explain-another = Expliquer une autre assertion
field-assertion = Assertion
    .help = La valeur du paramètre assertion, trois parties séparées par des points.
