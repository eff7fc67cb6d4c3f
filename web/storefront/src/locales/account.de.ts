/** Words of the pages about one's account, in German. */
import type { AccountMessages } from './account.en'

const account: AccountMessages = {
  logOut: 'Abmelden', toAccount: 'Zu Ihrem Konto', often: 'Zu viele Versuche', wrong: 'Dieses Passwort ist falsch.',
  oftenText: 'Bitte versuchen Sie es in {n} Minute erneut. | Bitte versuchen Sie es in {n} Minuten erneut.', orReset: 'Oder ein neues Passwort wählen', missingPassword: 'Bitte geben Sie Ihr Passwort an.',
  login: { text: 'Sehen Sie Ihre Bestellungen, und finden Sie Ihren Warenkorb auf jedem Gerät wieder.', password: 'Passwort', refused: 'Die E-Mail-Adresse oder das Passwort ist falsch.', forgot: 'Passwort vergessen?', fresh: 'Neu hier?', register: 'Konto eröffnen' },
  register: { title: 'Konto eröffnen', text: 'Nur was nötig ist: Name, E-Mail-Adresse, Passwort.', send: 'Konto eröffnen', have: 'Schon ein Konto?', sent: 'Bitte sehen Sie in Ihre E-Mails', sentText: 'Wir haben an diese Adresse geschrieben, und in der E-Mail steht, wie es weitergeht.' },
  home: { hello: 'Guten Tag, {name}', unverified: 'Ihre E-Mail-Adresse ist noch nicht bestätigt', unverifiedText: 'Bitte folgen Sie dem Link, den wir Ihnen bei der Eröffnung des Kontos gesandt haben.', again: 'E-Mail erneut senden', sent: 'Die E-Mail ist unterwegs', sentText: 'Der Link darin gilt zwei Tage.', data: 'Ihre Angaben', name: 'Name', email: 'E-Mail', security: 'Passwort, E-Mail und Geräte' },
  orders: { title: 'Ihre Bestellungen', more: 'Frühere Bestellungen zeigen', loaded: '{n} weitere Bestellung geladen | {n} weitere Bestellungen geladen', pieces: '{n} Stück | {n} Stück', others: '{titles} und {n} weitere', empty: 'Noch keine Bestellungen', emptyText: 'Was Sie angemeldet bestellen, erscheint hier.' },
  security: { title: 'Sicherheit', back: 'Zum Konto' },
  change: {
    password: 'Passwort ändern', current: 'Bisheriges Passwort', passwordDone: 'Ihr neues Passwort ist gespeichert', passwordDoneText: 'Alle anderen Geräte wurden abgemeldet.',
    email: 'E-Mail-Adresse ändern', emailNow: 'Zurzeit ist es {email}.', emailNew: 'Neue E-Mail-Adresse', emailSend: 'Link senden', emailSent: 'Bitte sehen Sie in die E-Mails der neuen Adresse', emailSentText: 'Ihre Adresse ändert sich, sobald Sie dem Link darin folgen.',
  },
  own: {
    title: 'Ihre Daten', text: 'Alles, was dieser Laden über Sie hat, in einer Datei: Konto, Adressen, Bestellungen, Zahlungen, E-Mails.', download: 'Meine Daten herunterladen', saved: 'Die Datei liegt bei Ihren Downloads.', delete: 'Mein Konto löschen',
    warning: 'Ihr Konto, Ihre Adressen und Warenkörbe werden gelöscht, und Sie werden überall abgemeldet. Das lässt sich nicht rückgängig machen.', stays: 'Bestellungen bleiben ohne Ihren Namen und Ihre Anschrift in unseren Büchern, wie es das Gesetz verlangt. Eine Bestellung, die unterwegs ist, behält ihre Anschrift, bis sie angekommen ist.',
    forGood: 'Endgültig löschen', keep: 'Behalten', done: 'Ihr Konto wird gelöscht', doneText: 'Es dauert nur einen Augenblick. Sie sind jederzeit wieder willkommen, als jemand Neues.',
  },
  sessions: { title: 'Wo Sie angemeldet sind', text: 'Kennen Sie etwas davon nicht? Melden Sie es ab, und ändern Sie Ihr Passwort.', here: 'dieses Gerät', unknown: 'Unbekanntes Gerät', program: 'Ein Programm', since: 'seit {date}', end: 'Abmelden', endOf: 'Abmelden: {device}, seit {date}', ended: '{device} wurde abgemeldet', others: 'Alle anderen abmelden', othersEnded: 'Alle anderen Geräte wurden abgemeldet' },
  email: { title: 'Neue Adresse bestätigen', text: 'Ein Klick, und diese E-Mail-Adresse ersetzt die bisherige.', confirm: 'Bestätigen', done: 'Ihre neue Adresse gilt ab jetzt', doneText: 'Melden Sie sich beim nächsten Mal mit ihr an.', spentText: 'Er wurde benutzt, durch einen neueren ersetzt oder ist zu alt.' },
  spent: 'Dieser Link gilt nicht mehr', password: { too_short: 'Bitte nehmen Sie mindestens 10 Zeichen.', too_long: 'Bitte nehmen Sie höchstens 128 Zeichen.', common: 'Dieses probieren alle zuerst. Bitte nehmen Sie ein anderes.', same_as_email: 'Bitte nehmen Sie nicht Ihre E-Mail-Adresse.', other: 'Bitte nehmen Sie ein anderes Passwort.' },
  forgot: { title: 'Passwort vergessen?', text: 'Nennen Sie uns Ihre E-Mail-Adresse, und wir senden Ihnen einen Link zu einem neuen Passwort.', send: 'Link senden', sent: 'Bitte sehen Sie in Ihre E-Mails', sentText: 'Hat die Adresse ein Konto, so ist ein Link unterwegs. Er gilt eine Stunde.' },
  reset: { title: 'Neues Passwort wählen', password: 'Neues Passwort', hint: 'Mindestens 10 Zeichen. Ein paar Wörter geben ein gutes.', save: 'Passwort speichern', done: 'Ihr neues Passwort ist gespeichert', doneText: 'Alle Geräte wurden abgemeldet. Melden Sie sich von nun an mit dem neuen Passwort an.', spentText: 'Er wurde benutzt, durch einen neueren ersetzt oder ist älter als eine Stunde.' },
  invitation: {
    title: 'Mitarbeiten', text: 'Guten Tag {name}, Sie sind eingeladen, hier als {role} mitzuarbeiten.', known: 'Sie haben mit {email} schon ein Konto: Nehmen Sie mit dessen Passwort an.', fresh: 'Ihr Konto wird mit {email} eröffnet.', accept: 'Einladung annehmen',
    done: 'Willkommen an Bord', doneText: 'Melden Sie sich von nun an mit {email} an.', spentText: 'Er wurde benutzt, zurückgezogen, durch einen neueren ersetzt oder ist älter als eine Woche. Bitten Sie um einen neuen.',
  },
  verify: { title: 'Adresse bestätigen', text: 'Ein Klick, und wir wissen, dass diese E-Mail-Adresse Ihnen gehört.', confirm: 'Bestätigen', done: 'Ihre Adresse ist bestätigt', doneText: 'Vielen Dank.', spentText: 'Er wurde benutzt, durch einen neueren ersetzt oder ist älter als zwei Tage.' },
}

export default account
