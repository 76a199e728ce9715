# La vue d’ensemble.
overview = Vue d’ensemble
overview-attention = { $count ->
    [one] { $count } point requiert votre attention
   *[other] { $count } points requièrent votre attention
}
overview-look = Attention
overview-well = Tout va bien
    .sentence = Rien ne requiert votre attention.
overview-partly = En partie inconnu
    .sentence = Certains chiffres n’ont pas pu être lus. Ce qui a pu être lu ne requiert personne.
overview-parked = { $count ->
    [one] { $count } notification est mise de côté. Plus rien n’est envoyé tant que vous ne la relancez pas.
   *[other] { $count } notifications sont mises de côté. Plus rien n’est envoyé tant que vous ne les relancez pas.
}
overview-many-refused = { $share } des demandes de jeton et des appels à l’API ont été refusés au cours des dernières 24 heures.
overview-secret-expires = Le secret le plus récent de { $client } expire { $when }.
overview-day = Les dernières 24 heures
overview-tokens = Jetons émis
overview-refusals = Appels refusés
overview-waiting = Notifications en attente
overview-parked-tile = Notifications mises de côté
overview-tokens-caption = { $count ->
    [one] { $count } jeton émis depuis le { $since }
   *[other] { $count } jetons émis depuis le { $since }
}
overview-refusals-caption = { $count ->
    [one] { $count } appel refusé ({ $share })
   *[other] { $count } appels refusés ({ $share })
}
overview-most-refused = Les plus refusés
overview-most-refused-caption = Appelants et motifs des dernières 24 heures, les plus fréquents d’abord
overview-secrets = Secrets à surveiller
overview-no-secrets = Aucun secret n’expire dans les 14 jours, et aucun de ceux ajoutés il y a une semaine à 90 jours n’est resté inutilisé.
overview-replicas = Réplicas
overview-replicas-caption = { $count ->
    [one] { $count } réplica
   *[other] { $count } réplicas
}
replica = Réplica
replica-well = En marche
replica-lags = En retard
    .attention = Le réplica { $replica } est en retard : ce qu’il sait des clients et des jetons est ancien.
replica-silent = Silencieux
    .attention = Le réplica { $replica } ne s’est pas manifesté depuis plus d’une minute.
database = Base de données
database-primary = Primaire
database-standby = Secondaire
database-unknown = Non indiquée
lag = Retard
started = Démarré
version = Version
last-seen = Vu
panel-unavailable = Cette partie n’a pas pu être lue à temps. Rechargez la page pour réessayer.
look = Voir
state = État
caller = Appelant
caller-unknown = Client inconnu
caller-none = Aucun client indiqué
reason = Motif
refused = Refusés
last-at = Dernier
secret-expires-soon = Expire bientôt
secret-never-used = Jamais utilisé
secret-added = ajouté
refusals-none-today = Aucun appel n’a été refusé au cours des dernières 24 heures.
