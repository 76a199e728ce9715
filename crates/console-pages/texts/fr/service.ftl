# Les données de marché, les clés et l’audit.
market-none = Aucune bibliothèque d’intitulés n’a été composée.
    .next = Importez une source sur l’hôte, puis publiez sa première version.
market-try = Essayer un intitulé
market-found = Ce qu’il désigne
market-found-caption = Le plus probable d’abord
market-not-found = Aucun intitulé de la bibliothèque n’est assez proche.
import-built-in = Données intégrées
import-onet = O*NET
import-soc = SOC
import-coded-titles = Intitulés codés
import-wages = Emploi et salaires
import-own-titles = Intitulés propres
import-begun = L’import a commencé.
import-file = Fichier { $file } sur { $files } :
import-read = { $done } ko lus sur { $all }.
import-composing = Tout est lu. Le brouillon est en cours de composition.
library = Bibliothèque
library-shared = Bibliothèque commune
library-of = Bibliothèque de { $customer }
versions-shown = { $count ->
    [one] { $count } version
   *[other] { $count } versions, les plus récentes d’abord
}
version-draft = Brouillon
version-current = Actuelle
version-published = Publiée
version-retired = Retirée
version-now = Version actuelle
version-then = Version servie ensuite aux appelants qui n’en indiquent aucune
version-then-none = Aucune : c’est la seule publiée, elle reste donc tant qu’il n’y en a pas d’autre.
version-difference = Intitulés par rapport à la version actuelle
version-differs-not = Les mêmes. Ce dont elle est faite par ailleurs, comme les salaires, peut différer.
version-differs = { $more ->
    [one] { $more } intitulé en plus
   *[other] { $more } intitulés en plus
}, { $fewer ->
    [one] { $fewer } en moins
   *[other] { $fewer } en moins
}, { $altered ->
    [one] { $altered } modifié
   *[other] { $altered } modifiés
}
version-publish = Publier la version
    .effect = Les appelants qui n’indiquent aucune version reçoivent désormais celle-ci. Les autres peuvent encore être indiquées.
version-retire = Retirer la version
    .effect = Plus personne ne reçoit cette version. Les appelants qui l’indiquent sont refusés ; ceux qui n’en indiquent aucune reçoivent la plus récente de celles qui restent.
titles = Intitulés
sources = Sources
published = Publication
title = Intitulé
occupation = Métier
confidence = Confiance
field-title = Intitulé de poste
    .help = Comme on l’écrirait, par exemple Développeur Java senior (H/F) Lyon.
field-library = Bibliothèque
library-typed = Bibliothèque
    .help = Le nom entier de l’entreprise dont c’est la bibliothèque. Laissez vide pour la bibliothèque commune.

keys-intro = Ces clés scellent ce qui est conservé ou remis. Elles sont elles-mêmes scellées par la clé maîtresse
keys-shown = { $count ->
    [one] { $count } clé
   *[other] { $count } clés
}
key = Clé
key-seals = Scelle
key-of-tokens = Jetons d’accès
key-of-secrets = Secrets des clients
key-of-links = Liens d’invitation
key-pending = Commence plus tard
key-active = Scelle
key-opens-only = Ouvre seulement
key-made = Créée
key-active-at = Scelle à partir de
key-master = Clé maîtresse
key-dependents = Nécessaire à
key-needed-by-more = plus de { $count } éléments
key-needed = { $count ->
    [0] plus rien
    [one] { $count } élément
   *[other] { $count } éléments
}
key-new = Ajouter une clé
    .effect = La nouvelle clé scelle dès que chaque réplica la connaît. La précédente continue d’ouvrir ce qu’elle a scellé.
key-remove = Supprimer la clé
    .effect = Ce que cette clé a scellé ne pourra plus jamais être ouvert. Cette action est irréversible.
key-remove-word = Supprimer
field-purpose = Ce qu’elle scelle

audit = Audit
audit-none = Rien n’a encore été modifié.
audit-none-found = Aucune modification ne correspond à ces filtres.
audit-shown = { $count ->
    [one] { $count } modification affichée
   *[other] { $count } modifications affichées, les plus récentes d’abord
}
audit-csv = Exporter en CSV
audit-since = Du
actor = Auteur
action = Action
subject = Objet
changes = Avant et après
door-console = Console
door-api = API
door-command-line = Ligne de commande
door-system = Le service
field-actor = Auteur
field-action = Action
field-kind = Type d’objet
field-subject = Objet
field-until = Jusqu’au
