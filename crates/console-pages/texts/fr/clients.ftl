# Les entreprises et les clients.
customers = Entreprises
customers-search = Nom ou identifiant
customers-none = Aucune entreprise n’est enregistrée.
customers-none-found = Aucune entreprise n’a ceci dans son nom ou son identifiant.
customers-shown = { $count ->
    [one] { $count } entreprise affichée
   *[other] { $count } entreprises affichées, par nom
}
customer = Entreprise
customer-id = ID de l’entreprise
customer-new = Enregistrer une entreprise
customer-rename = Renommer l’entreprise
customer-no-clients = Cette entreprise n’a aucun client. Sans client, personne ne peut appeler l’API pour elle.
customer-more-clients = Tous les clients de cette entreprise
field-customer-name = Nom
    .help = De 1 à 200 caractères. Aucune autre entreprise ne doit porter le même.
campaigns = Campagnes
campaigns-active = { $all ->
    [one] { $all } campagne
   *[other] { $all } campagnes
}, dont { $active } en cours
subdomains = Sous-domaines
subdomains-more = et { $count } de plus
registered = Enregistrement
none = Aucun
never = Jamais
show = Afficher
clear = Effacer les filtres
save = Enregistrer
cancel = Annuler
crumbs = Chemin
danger = Zone sensible
type-reference = Saisissez { $reference }, puis appuyez sur le bouton.
field-reference = Référence
    .help = Saisissez-la, puis appuyez sur le bouton.

clients = Clients
clients-search = ID du client ou entreprise
field-search = Recherche
field-state = État
state-any = Tous
state-enabled = Actif
state-disabled = Désactivé
clients-none = Aucun client n’est enregistré.
clients-none-found = Aucun client ne correspond à ces filtres.
clients-shown = { $count ->
    [one] { $count } client affiché
   *[other] { $count } clients affichés
}
client = Client
client-id = ID du client
own-client = Propre au partenaire
unit = Unité
newest-secret = Secret le plus récent
no-secret = Aucun secret
last-token = Dernier jeton
last-used = utilisé
refused-day = Refus, 24 h
secrets = Secrets
client-no-secret = Ce client n’a aucun secret valable et n’obtient donc aucun jeton. Ajoutez-en un.
client-to-secrets = Gérer les secrets
client-to-refusals = Voir chaque appel refusé
client-change = Modifier les réglages
client-tokens = { $count ->
    [one] { $count } jeton au cours des dernières 24 heures
   *[other] { $count } jetons au cours des dernières 24 heures
}
client-refusals = { $count ->
    [one] { $count } appel refusé au cours des dernières 24 heures
   *[other] { $count } appels refusés au cours des dernières 24 heures
}
client-new = Enregistrer un client
    .intro = Le client reçoit un identifiant et un secret. Le secret est affiché une fois, après l’enregistrement.
client-settings = Réglages
client-disable = Désactiver le client
    .effect = Le client n’obtient plus de jeton, et ceux qu’il détient sont refusés, jusqu’à sa réactivation.
client-enable = Activer le client
    .effect = Le client peut de nouveau obtenir et utiliser des jetons.
client-end-tokens = Mettre fin à tous les jetons
    .effect = Tous les jetons que le client détient sont refusés définitivement. Il peut en obtenir de nouveaux.
snippets = Obtenir un jeton
snippets-environment = Placez le secret dans la variable d’environnement CLIENT_SECRET, puis exécutez l’un de ces programmes.
snippets-assertions = Ce client obtient des jetons par des assertions qu’il signe avec son secret. Pour voir ce qui ne va pas dans l’une d’elles :
explain = Expliquer une assertion
    .intro = Collez une assertion. Elle est contrôlée comme le ferait une demande de jeton à cet instant, mais ni utilisée ni conservée.

settings-access = Accès
settings-assertions = Assertions et notifications
settings-market = Données de marché
settings-admin = Administration
field-customer-id = Entreprise
    .help = Celle dont le client voit les données. Laissez vide pour un client propre au partenaire.
client-customer-typed = Entreprise
    .help = Celle dont le client voit les données : saisissez son nom entier ou son identifiant. Laissez vide pour un client propre au partenaire.
field-client-id = ID du client
    .help = Laissez vide pour en créer un, ou saisissez celui que Talentsoft vous a donné.
field-client-secret = Secret
    .help = Laissez vide pour en créer un, ou saisissez celui que Talentsoft vous a donné, d’au moins 32 caractères.
field-organisational-unit = Unité d’organisation
    .help = L’unité de l’entreprise à laquelle le client est destiné.
field-grants = Modes d’obtention
    .help = Comment le client obtient des jetons.
field-scopes = Portées
    .help = Les API qu’il peut appeler.
field-token-ttl-seconds = Durée de vie des jetons
    .help = De 60 à 3 600. Vide : selon la configuration du service.
    .unit = secondes
field-requests-per-second = Limite de débit
    .help = Pour chaque API. Vide : aucune limite.
    .unit = requêtes par seconde
field-expires-in-format = Type de expires_in
    .help = Comment les réponses écrivent la durée de vie. Talentsoft attend une chaîne.
field-audiences = Audiences
    .help = Valeurs de aud admises dans ses assertions, une par ligne. Vide : les URL du service.
field-max-assertion-ttl-seconds = Durée de vie maximale des assertions
    .help = De 60 à 86 400.
    .unit = secondes
field-clock-skew-seconds = Écart d’horloge toléré
    .help = De 0 à 300.
    .unit = secondes
field-replay-policy = Assertions présentées de nouveau
    .help = Les assertions qui ne sont valables qu’une fois.
field-callback-hosts = Hôtes des notifications
    .help = Hôtes admis dans les URL de notification de ses invitations, un par ligne. Vide : aucune notification.
field-entitlements = Droits
    .help = Ce qu’il peut faire des données de marché au-delà de ses portées.
field-quota = Quota
    .help = Normalisations par mois ou par an, par exemple 50/year. Vide : aucune limite.
field-admin-networks = Réseaux d’administration
    .help = D’où ses jetons de portée admin peuvent être utilisés, par exemple 203.0.113.0/24, un par ligne. Vide : de partout.
grant-client-credentials = Identifiants du client
    .help = Le client présente son identifiant et son secret.
grant-jwt-bearer = Assertions
    .help = Talentsoft signe une assertion pour un utilisateur avec le secret du client.
scope-videos = Entretiens vidéo
scope-assessments = Évaluations
scope-profiles = Profils
scope-occupation-benchmark = Référentiel des métiers
scope-lightcast-open-free = Intitulés, offre ouverte
scope-emsi-open = Intitulés, offre étendue
scope-platform = La plateforme du partenaire
scope-admin = Administration
scope-introspect = Introspection de tous les jetons
entitlement-titles-normalize = Normaliser les intitulés un par un
entitlement-titles-normalize-bulk = Normaliser les intitulés par lots
entitlement-titles-mapping = Correspondance des intitulés avec métiers et compétences
replay-if-jti = Celles qui ont un jti ne servent qu’une fois
replay-always = Toutes ne servent qu’une fois
replay-off = Aucune n’est limitée à une fois
expires-in-string = Chaîne
expires-in-number = Nombre

conflict = Rien n’a été enregistré
    .sentence = { $who } a fait une autre modification le { $when }, après que vous avez ouvert cette page. Rien n’a été enregistré ; vos modifications figurent ci-dessous.
conflict-field = Réglage
conflict-stored = Enregistré actuellement
conflict-entered = Votre saisie
