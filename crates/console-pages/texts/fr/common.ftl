# Ce que toutes les pages partagent.
product = Console partenaire
skip = Aller au contenu
as-of = État au
request = Requête
continue = Continuer
copy = Copier
copied = Copié
not-copied = Non copié
error-word = Erreur :
errors-heading = Il y a un problème
field-is-optional = (facultatif)

nav-label = Console
nav-menu = Menu
nav-run = Exploitation
nav-partners = Partenaires
nav-service = Service
nav-control = Contrôle
nav-overview = Vue d’ensemble
nav-refusals = Refus
nav-callbacks = Envois
nav-customers = Entreprises
nav-clients = Clients
nav-invitations = Invitations
nav-persons = Personnes
nav-market = Marché
nav-keys = Clés
nav-audit = Audit
nav-staff = Équipe

role-viewer = Lecteur
role-operator = Opérateur
role-admin = Administrateur

pager-label = Pages
pager-newer = Plus récents
pager-older = Plus anciens

duration-seconds = { $count ->
    [one] { $count } seconde
   *[other] { $count } secondes
}
duration-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
duration-hours = { $count ->
    [one] { $count } heure
   *[other] { $count } heures
}
duration-days = { $count ->
    [one] { $count } jour
   *[other] { $count } jours
}
time-just-now = à l’instant
time-ago = il y a { $duration }
time-ahead = dans { $duration }

flash-signed-out = Vous êtes déconnecté.
flash-saved = Les modifications sont enregistrées.
flash-unchanged = Rien n’a été modifié : le formulaire correspond à ce qui est enregistré.
flash-session-ended = Votre session a pris fin. Connectez-vous pour continuer.
flash-form-expired = La page est restée ouverte trop longtemps et rien n’a été fait. Réessayez.

sparkline-words = { $count } dans les { $hours } dernières heures, au plus { $most } en une heure, à partir de { $at } UTC
sparkline-none = Aucun dans les { $hours } dernières heures
problem-request = Pour toute question, indiquez cette requête :
problem-to-overview = Aller à la vue d’ensemble
problem-to-sign-in = Aller à la connexion
problem-not-found = Page introuvable
    .body = Cette page n’existe pas, ou votre rôle n’y donne pas accès.
problem-unclear = Requête non comprise
    .body = L’adresse ou le formulaire contient une valeur que cette page ne connaît pas. Rien n’a été modifié.
problem-forgery = Formulaire refusé
    .body = Le formulaire n’a pas été envoyé par une page de cette console, ou la page est restée ouverte trop longtemps. Rien n’a été modifié. Revenez en arrière, rechargez la page et réessayez.
problem-method = Page non accessible ainsi
    .body = Cette adresse n’accepte que l’envoi d’un formulaire. Rien n’a été modifié.
problem-too-large = Formulaire trop volumineux
    .body = Le formulaire contient plus de texte que la console n’en accepte. Rien n’a été modifié. Raccourcissez-le et réessayez.
problem-host = Adresse incorrecte
    .body = Cette console ne répond pas sous ce nom. Ouvrez-la à l’adresse qui vous a été donnée.
problem-too-many = Trop de tentatives
    .body = Attendez quelques minutes, puis réessayez.
problem-internal = Une erreur s’est produite
    .body = La console a commis une erreur. Elle est journalisée. Réessayez ; si l’erreur persiste, prévenez les responsables du service.
problem-unavailable = Base de données injoignable
    .body = La console ne peut pas lire la base de données pour le moment. Les jetons continuent d’être émis et vérifiés. Réessayez dans une minute.

chart-as-table = Afficher en tableau
chart-hour = Heure à partir de
chart-count = Nombre
