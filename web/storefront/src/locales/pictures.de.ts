/** Die Wörter der Seiten, auf denen das Haus mit Bildern arbeitet. */
import type { PictureMessages } from './pictures.en'

const pictures: PictureMessages = {
  title: 'Bilder der Waren', file: 'Diese Datei (auf Englisch):', back: 'Zum Konto', toList: 'Alle Waren', search: 'Ware suchen', count: 'Keine Bilder | {n} Bild | {n} Bilder', draft: 'Entwurf',
  empty: 'So heißt keine Ware', emptyText: 'Versuchen Sie andere Wörter, oder weniger.',
  forbidden: 'Das ist für die, die das Sortiment pflegen', forbiddenText: 'Bitten Sie den Inhaber um das Recht, Waren zu ändern.',
  choose: 'Bilder wählen', drop: 'oder hier ablegen. JPEG, PNG oder WebP, je höchstens 10 MB. Was die Kamera neben das Bild schrieb, bleibt weg.',
  none: 'Noch keine Bilder', noneText: 'Das erste steht in den Listen.',
  waiting: 'wartet', sending: '{percent} %', making: 'wird gemacht', again: 'Noch einmal', dismiss: 'Schließen', added: '{name} ist da', notAdded: '{name} wurde nicht angenommen',
  list: 'Bilder in ihrer Reihenfolge', first: 'Steht in den Listen', picture: 'Bild {n}', alt: 'Was Bild {n} zeigt', altHint: 'Für alle, die es nicht sehen.', saved: 'Die Beschreibung ist gespeichert',
  earlier: 'Bild {n} nach vorn', later: 'Bild {n} nach hinten', moved: 'Jetzt Bild {n} von {all}', remove: 'Bild {n} entfernen', removeSure: 'Wirklich entfernen?', removeYes: 'Entfernen', removeNo: 'Behalten', removed: 'Das Bild ist entfernt',
  linked: 'liegt anderswo', stale: 'Die Bilder haben sich inzwischen geändert. So sind sie jetzt.', altRefused: 'Die Beschreibung wurde nicht gespeichert; vielleicht ist sie zu lang.', more: 'Das sind die neuesten. Andere finden Sie über ihre Wörter.',
}

export default pictures
