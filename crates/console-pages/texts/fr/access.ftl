# La connexion.
sign-in = Se connecter
sign-out = Se déconnecter
sign-in-or = ou
sign-in-with = Se connecter avec { $company }
sign-in-lost = Mot de passe perdu ? Un autre administrateur, ou la personne qui exploite le service, peut en définir un nouveau.
sign-in-refused = Ces informations ne correspondent pas, ou la connexion est suspendue. Réessayez dans quelques minutes.
sign-in-code = Saisir votre code
sign-in-again = Se connecter sous un autre nom
field-sign-in-name = Nom de connexion
field-password = Mot de passe
field-code = Code
    .help = Les six chiffres affichés par votre application d’authentification, ou l’un de vos codes de secours.
onward = Ouverture de la console
onward-body = La console s’ouvre d’elle-même. Si ce n’est pas le cas, appuyez sur Continuer.
