/** Die Wörter der Seiten, auf denen das Haus mit Bildern arbeitet. */
import type { PictureMessages } from './pictures.en'

const pictures: PictureMessages = {
  title: 'Bilder der Waren', file: 'Diese Datei (auf Englisch):', back: 'Zum Konto', toList: 'Alle Waren', search: 'Ware suchen', count: 'Keine Bilder | {n} Bild | {n} Bilder', draft: 'Entwurf',
  empty: 'So heißt keine Ware', emptyText: 'Versuchen Sie andere Wörter, oder weniger.',
  forbidden: 'Das ist für die, die das Sortiment pflegen', forbiddenText: 'Bitten Sie den Inhaber um das Recht, Waren zu ändern.',
  choose: 'Bilder wählen', drop: 'oder hier ablegen. JPEG, PNG oder WebP, je höchstens 10 MB. Was die Kamera neben das Bild schrieb, bleibt weg.',
  none: 'Noch keine Bilder', noneText: 'Das erste steht in den Listen.',
  waiting: 'wartet', sending: '{percent} %', making: 'wird gemacht', again: 'Noch einmal', dismiss: 'Schließen', added: '{name} ist da', known: '{name} ist schon unter den Bildern.', notAdded: '{name} wurde nicht angenommen',
  list: 'Bilder in ihrer Reihenfolge', first: 'Steht in den Listen', picture: 'Bild {n}', alt: 'Was Bild {n} zeigt', altHint: 'Für alle, die es nicht sehen.', saved: 'Die Beschreibung ist gespeichert',
  earlier: 'Bild {n} nach vorn', later: 'Bild {n} nach hinten', moved: 'Jetzt Bild {n} von {all}', remove: 'Bild {n} entfernen', removeSure: 'Wirklich entfernen?', removeYes: 'Entfernen', removeNo: 'Behalten', removed: 'Das Bild ist entfernt',
  linked: 'liegt anderswo', stale: 'Die Bilder haben sich inzwischen geändert. So sind sie jetzt.', altRefused: 'Die Beschreibung wurde nicht gespeichert; vielleicht ist sie zu lang.', more: 'Das sind die neuesten. Andere finden Sie über ihre Wörter.',
  why: {
    image_kind: 'Das ist kein JPEG, PNG oder WebP, wie auch immer die Datei heißt. Speichern Sie es als eines davon.', image_svg: 'Ein SVG kann Programme mitbringen. Exportieren Sie es als PNG oder WebP.', image_animated: 'Es ist animiert. Speichern Sie eines seiner Bilder für sich.',
    image_size: 'Es hat zu viele Pixel: höchstens 40 Megapixel und 12.000 je Seite, große mit 8 Bit je Farbe. Verkleinern Sie es.', image_truncated: 'Die Datei endet vor dem Bild. Versuchen Sie es noch einmal, oder speichern Sie es neu.',
    image_broken: 'Die Datei lässt sich nicht als Bild lesen. Öffnen Sie sie in einem Bildprogramm, und speichern Sie sie neu.', required: 'Die Datei ist leer.', full: 'Die Ware hat so viele Bilder, wie sie kann. Entfernen Sie zuerst eines.', payload_too_large: 'Die Datei hat mehr als 10 MB. Speichern Sie sie kleiner.', uploads_crowded: 'Der Laden ist mit anderen Bildern beschäftigt. Versuchen Sie es gleich noch einmal.',
  },
}

export default pictures
