# Le compte du lecteur.
account = Votre compte
account-sessions = Sessions
session-this = Cette session
session-since = depuis
session-seen = dernière utilisation
session-end = Mettre fin
session-end-others = Mettre fin à toutes les autres sessions
account-look = Langue et couleurs
account-look-save = Enregistrer la langue et les couleurs
field-language = Langue
field-theme = Couleurs
language-of-browser = Celle du navigateur
theme-system = Selon le réglage du système
theme-light = Clair
theme-dark = Sombre
second-factor = Second facteur
second-factor-on = Activé
second-factor-off = Désactivé
second-factor-why = Avec le code d’une application, un mot de passe connu d’un tiers ne suffit pas pour se connecter à votre place.
second-factor-add = Ajouter une application d’authentification
second-factor-remove = Retirer l’application d’authentification
second-factor-scan = Scannez cette image avec votre application d’authentification, puis saisissez le code qu’elle affiche.
second-factor-picture = Image pour une application d’authentification
second-factor-type = Ou saisissez cette clé :
second-factor-code = Code
    .help = Les six chiffres que l’application affiche en ce moment. Ce code est ensuite utilisé ; la prochaine connexion demande le suivant.
second-factor-confirm = Confirmer l’application
second-factor-wrong-code = Ce n’est pas le code de l’application. Saisissez celui qu’elle affiche en ce moment.
recovery-codes = Codes de secours
recovery-codes-left = { $count ->
    [one] Il reste { $count } code de secours.
   *[other] Il reste { $count } codes de secours.
}
recovery-codes-new = Créer de nouveaux codes de secours
recovery-codes-once = Conservez ces codes maintenant. Ils ne sont affichés qu’une fois.
recovery-codes-help = Chacun vous connecte une seule fois si vous avez perdu l’application. Les codes précédents ne sont plus valables.
account-set-password = Définir le mot de passe
account-new-password = Nouveau mot de passe
    .help = Au moins 12 caractères. Vos autres sessions prennent fin.
account-company = Connexion d’entreprise
account-linked = Lié
account-link = Lier avec { $company }
flash-password-set = Le mot de passe est défini, et vos autres sessions ont pris fin.
flash-sessions-ended = Les sessions ont pris fin.
flash-second-factor-removed = L’application d’authentification est retirée.
flash-staff-added = Cette personne peut maintenant se connecter.
flash-linked = Votre compte est lié. Vous pouvez maintenant vous connecter avec l’entreprise.
