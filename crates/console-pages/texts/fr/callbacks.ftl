# Les envois.
callbacks-none = Rien n’était à envoyer jusqu’ici.
    .next = Les notifications apparaissent ici dès que le statut d’une invitation change.
callbacks-none-found = Aucun envoi ne correspond à ces filtres.
callbacks-shown = { $count ->
    [one] { $count } envoi affiché, le plus récent d’abord
   *[other] { $count } envois affichés, les plus récents d’abord
}
event = Événement
event-id = ID de l’événement
receiver = Destinataire
receiver-talentsoft = Talentsoft
receiver-platform = Plateforme
invitation = Invitation
invitation-status = Statut de l’invitation
occurred = Survenu
attempts = Tentatives
attempts-none = Aucune tentative pour le moment.
attempt-status = Réponse { $status }
attempt-answer = Début de la réponse
attempt-by-hand = à la main, par { $who }
next-at = prochaine
field-invitation = Invitation
field-discard-reason = Raison
    .help = Elle est inscrite dans l’audit. Ne nommez personne.
delivery-waiting = En attente
    .sentence = L’envoi a lieu dès que son tour vient.
delivery-retrying = Nouvelle tentative
    .sentence = { $count ->
        [one] La première tentative a échoué : { $cause }. La prochaine a lieu { $when }.
       *[other] { $count } tentatives ont échoué, la dernière : { $cause }. La prochaine a lieu { $when }.
    }
delivery-delivered = Remis
    .sentence = { $count ->
        [one] Le destinataire l’a accepté à la première tentative.
       *[other] Le destinataire l’a accepté après { $count } tentatives.
    }
delivery-parked = Mis de côté
    .sentence = { $count ->
        [one] Mise de côté après { $count } tentative : { $cause }. Plus rien n’est envoyé tant que vous ne relancez pas.
       *[other] Mise de côté après { $count } tentatives : { $cause }. Plus rien n’est envoyé tant que vous ne relancez pas.
    }
delivery-discarded = Abandonné
    .sentence = L’envoi a été abandonné. Le destinataire ne le recevra pas.
retry-now = Relancer maintenant
retry-parked = Relancer tout ce qui est mis de côté
    .intro = Les envois mis de côté depuis une date sont tentés de nouveau, dans l’ordre où ils sont survenus. Chacun garde l’ID de son événement : un destinataire qui l’a déjà l’ignore.
retry-count = Les compter
retry-counted = { $count ->
    [0] Rien n’a été mis de côté depuis.
    [one] { $count } envoi a été mis de côté depuis.
   *[other] { $count } envois ont été mis de côté depuis.
}
retry-all = { $count ->
    [one] Relancer { $count } envoi
   *[other] Relancer { $count } envois
}
field-since = Mis de côté depuis
    .help = Un jour en UTC.
discard = Abandonner l’envoi
    .effect = Le destinataire ne recevra jamais cet événement. Cette action est irréversible.
flash-retried = Une nouvelle tentative a lieu maintenant.
flash-retried-all = De nouvelles tentatives ont lieu maintenant.
flash-discarded = L’envoi a été abandonné.
flash-not-open = Rien n’a été fait : l’envoi est déjà terminé.
