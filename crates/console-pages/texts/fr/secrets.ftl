# Les secrets et leur rotation.
secret = Secret
secret-live = Valable
secret-expired = Expiré
secret-retired = Retiré
secret-expires = expire
secret-uses = Utilisations, 24 h
secret-from = Utilisé depuis
actions = Actions
secrets-shown = { $count ->
    [0] Aucun secret valable
    [one] { $count } secret valable
   *[other] { $count } secrets valables
} ; les utilisations s’affichent avec au plus { $seconds } s de retard
rotation = Rotation
rotation-added = Nouveau secret ajouté
rotation-first-use = Première utilisation du nouveau secret
    .waiting = Transmettez le nouveau secret à l’appelant.
or-earlier = ou plus tôt
rotation-both = { $secrets ->
    [one] Les deux secrets en service
   *[other] Le nouveau secret et { $secrets } anciens en service
}
    .detail = Ces dernières 24 heures : { $new } fois le nouveau, { $old } fois { $secrets ->
        [one] l’ancien.
       *[other] les anciens.
    }
rotation-quiet = { $secrets ->
    [one] Ancien secret inutilisé depuis 24 heures
   *[other] Les { $secrets } anciens secrets inutilisés depuis 24 heures
}
    .detail = Dernière utilisation : { $ago }
rotation-retired = { $secrets ->
    [one] Ancien secret retiré
   *[other] Les { $secrets } anciens secrets retirés
}
rotation-expired = Ancien secret expiré
rotation-wait-for-first-use = Le nouveau secret n’a pas encore servi. { $secrets ->
    [one] L’ancien continue de fonctionner.
   *[other] Les { $secrets } anciens continuent de fonctionner.
}
rotation-wait-for-quiet = { $secrets ->
    [one] L’ancien secret n’a pas servi depuis { $duration }. Retirez-le après une journée sans utilisation.
   *[other] Aucun des { $secrets } anciens secrets n’a servi depuis { $duration }. Retirez-les après une journée sans utilisation.
}
rotation-still-used = Depuis le { $since }, { $count ->
    [one] { $count } appel ({ $addresses }) a encore utilisé
   *[other] { $count } appels ({ $addresses }) ont encore utilisé
} { $secrets ->
    [one] l’ancien secret. Si vous le retirez maintenant, de tels appels seront refusés.
   *[other] { $used } des { $secrets } anciens secrets. Si vous retirez ce qui sert encore, de tels appels seront refusés.
}
rotation-done = { $secrets ->
    [one] L’ancien secret n’a pas servi depuis { $duration }. Vous pouvez le retirer.
   *[other] Aucun des { $secrets } anciens secrets n’a servi depuis { $duration }. Vous pouvez les retirer.
}
secret-still-used = Depuis le { $since }, { $count ->
    [one] { $count } appel ({ $addresses }) a utilisé
   *[other] { $count } appels ({ $addresses }) ont utilisé
} le secret { $secret }. Si vous le retirez maintenant, de tels appels seront refusés.
secret-address-unknown = adresse inconnue
secret-new = Ajouter un secret
    .intro = { $live ->
        [0] Le client n’a aucun secret valable.
        [one] Le client a { $live } secret valable. Il continue de fonctionner jusqu’à son retrait.
       *[other] Le client a { $live } secrets valables. Ils continuent de fonctionner jusqu’à leur retrait.
    }
    .retire-first = Retirez d’abord les anciens : avec plus de deux secrets valables, il est difficile de savoir lequel un appelant utilise.
field-expires-in-days = Expire après
    .help = Vide : il n’expire pas.
    .unit = jours
secret-once = Copiez ce secret maintenant. Il n’est affiché qu’une fois et ne pourra plus l’être.
secret-added-title = Secret ajouté
client-registered = Client enregistré
secret-brought = Le secret que vous avez saisi est enregistré.
form-sent-before = Rien n’a été ajouté
secret-sent-before = Ce formulaire a déjà été envoyé et a alors enregistré le secret { $secret } ; rien n’a été enregistré cette fois. Si ce secret a été généré, il a été affiché dans la première réponse et ne pourra plus l’être. S’il est perdu, ajoutez-en un autre et retirez celui-là.
done = Terminé
secret-check = Vérifier un secret enregistré
    .intro = Collez ce que l’appelant a enregistré. La valeur est comparée et n’est pas conservée.
field-stored-secret = Secret enregistré
secret-check-newest = C’est le secret le plus récent du client.
secret-check-older = C’est un secret valable du client, mais pas le plus récent.
secret-check-none = Ce n’est aucun secret valable du client.
secret-check-too-many = Trop de secrets ont été comparés. Attendez quelques minutes.
secret-retire = Retirer le secret
secret-retire-word = Retirer
secret-restore = Annuler le retrait
secret-restorable = Possible pour un temps : fin { $when }
registered-at = Ajouté
last-use = Dernière utilisation
secret-not-used-lately = Aucun appel n’a utilisé ce secret depuis le { $since }.
secret-is-last = C’est le seul secret valable. Sans lui, le client n’obtient aucun jeton.
field-mode = Raison
retire-mode = Il est remplacé
    .help = Les jetons du client restent valables jusqu’à leur expiration.
leaked-mode = Il a fuité
    .help = Tous les jetons du client prennent fin aussi, immédiatement, et ce retrait ne pourra pas être annulé.
secret-can-be-restored = Le retrait d’un secret remplacé peut être annulé pendant { $duration }. Jusque-là, le secret reste conservé, scellé ; les appels qui l’utilisent sont tout de même refusés.
secret-cannot-be-restored = Cette action est irréversible.
flash-secret-retired = Le secret est retiré : il est refusé dès maintenant.
flash-secret-restored = Le secret est de nouveau accepté.
flash-secret-not-restorable = Rien n’a été fait : le délai pour annuler ce retrait est passé. Ajoutez un autre secret.
flash-secret-exists = Rien n’a été fait : un secret valable du client est le même.
