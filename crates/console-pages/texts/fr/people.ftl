# Les invitations et les personnes.
find = Rechercher
find-by-id = Par identifiant
find-by-candidate = Par candidat
find-by-email = Par adresse e-mail
find-by-applicant = Par postulant
field-application = Candidature
    .help = L’identifiant de la candidature chez Talentsoft.
field-email = Adresse e-mail
    .help = Elle n’est inscrite dans aucun journal ni aucune adresse de page.
field-applicant = Postulant
    .help = L’identifiant de la personne chez Talentsoft.
customer-plain = Entreprise
customer-typed = Entreprise
    .help = Son nom entier, ou son identifiant. Des noms sont proposés pendant la saisie.
invitations-none-found = Aucune invitation n’a été trouvée.
    .next = Elle a peut-être été effacée, ou l’identifiant est différent : comparez-le caractère par caractère.
invitations-shown = { $count ->
    [one] { $count } invitation trouvée
   *[other] { $count } invitations trouvées, les plus récentes d’abord
}
invitation-of = Invitation à { $campaign }
invitation-invited = Invité
invitation-started = Commencée
invitation-completed = Terminée
invitation-expired = Expirée
invitation-cancelled = Annulée
invited = Invité
campaign = Campagne
application = Candidature
link-expires = Expiration du lien
what-happened = Ce qui s’est passé
event-invited = Le candidat a été invité
event-viewed = Le candidat a ouvert le lien
event-progressed = La plateforme a signalé une progression
event-result = Un résultat a été enregistré
event-report = Un rapport a été enregistré
event-delivered = Une notification a été remise
event-waiting = Une notification est en attente
event-parked = Une notification est mise de côté
event-expired = Le délai est écoulé
event-cancelled = Elle a été annulée
event-superseded = Une nouvelle invitation l’a remplacée
person = Personne
person-erased = Effacée
person-of = Personne { $reference }
person-reference = Référence
person-unknown = Rien n’est conservé sur cette personne.
persons-intro = Recherchez une personne pour voir ce qui est conservé, ou pour l’effacer. Personne n’est nommé dans les adresses, les journaux ou l’audit.
held = Ce qui est conservé
held-latest = Plus récent
held-invitations = { $count ->
    [one] { $count } invitation
   *[other] { $count } invitations
}
held-reports = { $count ->
    [one] { $count } rapport
   *[other] { $count } rapports
}
held-uploads = { $count ->
    [one] { $count } fichier déposé
   *[other] { $count } fichiers déposés
}
held-callbacks = { $count ->
    [one] { $count } notification
   *[other] { $count } notifications
}
held-profiles = { $count ->
    [one] { $count } profil
   *[other] { $count } profils
}
held-nothing = Plus rien n’est conservé sur cette personne.
list-and = { $init } et { $last }
held-stays = Ce qui reste après l’effacement
    .why = L’audit indique qu’une personne a été effacée, quand et par qui, sous le numéro du reçu. Il ne contient aucune donnée de la personne. Les comptages d’appels et d’envois ne nomment personne.
erase = Effacer la personne
    .effect = Tout ce qui est conservé sur la personne est supprimé définitivement, dans toutes les entreprises.
erase-sentence = Cette action efface { $what }. Elle est irréversible. Saisissez { $reference }, puis appuyez sur le bouton.
field-erase-reason = Raison
    .help = Elle est inscrite dans l’audit. Ne nommez personne.
receipt = Reçu d’effacement
receipt-sentence = Effacé : { $what }.
receipt-number = Numéro du reçu
receipt-by = Effacé par
receipt-note = Cette page ne contient aucune donnée personnelle. Imprimez-la pour vos dossiers ; l’audit porte le même numéro.
