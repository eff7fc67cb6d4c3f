/** Words of the pages about one's account, in German. */
import type { AccountMessages } from './account.en'

const account: AccountMessages = {
  logOut: 'Abmelden', toAccount: 'Zu Ihrem Konto', often: 'Zu viele Versuche', wrong: 'Dieses Passwort ist falsch.',
  oftenText: 'Bitte versuchen Sie es in {n} Minute erneut. | Bitte versuchen Sie es in {n} Minuten erneut.', orReset: 'Oder ein neues Passwort wählen', missingPassword: 'Bitte geben Sie Ihr Passwort an.',
  login: { text: 'Sehen Sie Ihre Bestellungen, und finden Sie Ihren Warenkorb auf jedem Gerät wieder.', password: 'Passwort', refused: 'Die E-Mail-Adresse oder das Passwort ist falsch.', forgot: 'Passwort vergessen?', fresh: 'Neu hier?', register: 'Konto eröffnen', factor: 'Ihr Passwort stimmt. Bitte zeigen Sie Ihren zweiten Faktor.', anew: 'Als jemand anderes anmelden', tooLate: 'Das hat zu lange gedauert. Bitte melden Sie sich noch einmal an.' },
  providers: { or: 'Oder anmelden mit', with: 'Mit {provider} anmelden', title: 'Anmelden ohne Passwort', text: 'Wer dort angemeldet ist, kommt hier in Ihr Konto.', never: 'noch nicht benutzt', last: 'zuletzt benutzt am {date}', link: '{provider} verbinden', unlink: 'Entfernen', unlinkOf: '{provider} entfernen', linked: '{provider} ist verbunden', unlinked: '{provider} wurde entfernt', refused: '{provider} hat Sie nicht angemeldet', notLinked: '{provider} wurde nicht verbunden', lastWayIn: 'Sie könnten sich mit nichts mehr anmelden. Bitte wählen Sie zuerst ein Passwort.' },
  refusedBy: {
    other: 'Bitte versuchen Sie es erneut, oder melden Sie sich mit Ihrem Passwort an.', other_browser: 'Sie haben in einem anderen Browser begonnen, oder Cookies sind ausgeschaltet. Bitte beginnen Sie hier von vorn.',
    expired: 'Das hat zu lange gedauert oder war schon erledigt. Bitte beginnen Sie von vorn.', cancelled: 'Es wurde dort abgebrochen.', provider_away: '{provider} antwortet gerade nicht. Ihr Passwort gilt wie immer.',
    provider_wrong: 'Wir konnten nicht sicher sein, dass die Antwort von dort kam. Bitte versuchen Sie es erneut, oder melden Sie sich mit Ihrem Passwort an.', no_address: 'Uns wurde keine E-Mail-Adresse genannt, und ein Konto braucht eine.', unverified: 'Ihre E-Mail-Adresse ist dort nicht bestätigt. Haben Sie hier ein Konto, so melden Sie sich mit Ihrem Passwort an, und verbinden Sie {provider} unter Sicherheit.',
    link_first: 'Ihre E-Mail-Adresse hat hier ein Konto. Melden Sie sich mit Ihrem Passwort an, und verbinden Sie {provider} unter Sicherheit.', taken: 'Es ist mit einem anderen Konto dieses Shops verbunden.', logged_out: 'Sie wurden inzwischen abgemeldet. Bitte melden Sie sich an, und verbinden Sie es erneut.', too_many: 'Mit Ihrem Konto ist so viel verbunden, wie möglich ist.',
  },
  takePassword: { title: 'Ein Passwort wählen', text: 'Bisher melden Sie sich ohne eines an. Mit einem Passwort können Sie auch Ihre E-Mail-Adresse ändern und sich mit {email} anmelden.', send: 'Link senden' },
  register: { title: 'Konto eröffnen', text: 'Nur was nötig ist: Name, E-Mail-Adresse, Passwort.', send: 'Konto eröffnen', have: 'Schon ein Konto?', sent: 'Bitte sehen Sie in Ihre E-Mails', sentText: 'Wir haben an diese Adresse geschrieben, und in der E-Mail steht, wie es weitergeht.' },
  home: { hello: 'Guten Tag, {name}', unverified: 'Ihre E-Mail-Adresse ist noch nicht bestätigt', unverifiedText: 'Bitte folgen Sie dem Link, den wir Ihnen bei der Eröffnung des Kontos gesandt haben.', again: 'E-Mail erneut senden', sent: 'Die E-Mail ist unterwegs', sentText: 'Der Link darin gilt zwei Tage.', data: 'Ihre Angaben', name: 'Name', email: 'E-Mail', security: 'Passwort, E-Mail und Geräte', pictures: 'Bilder der Waren' },
  orders: { title: 'Ihre Bestellungen', more: 'Frühere Bestellungen zeigen', loaded: '{n} weitere Bestellung geladen | {n} weitere Bestellungen geladen', pieces: '{n} Stück | {n} Stück', others: '{titles} und {n} weitere', empty: 'Noch keine Bestellungen', emptyText: 'Was Sie angemeldet bestellen, erscheint hier.' },
  security: { title: 'Sicherheit', back: 'Zum Konto' },
  change: {
    password: 'Passwort ändern', current: 'Bisheriges Passwort', passwordDone: 'Ihr neues Passwort ist gespeichert', passwordDoneText: 'Alle anderen Geräte wurden abgemeldet.',
    email: 'E-Mail-Adresse ändern', emailNow: 'Zurzeit ist es {email}.', emailNew: 'Neue E-Mail-Adresse', emailSend: 'Link senden', emailSent: 'Bitte sehen Sie in die E-Mails der neuen Adresse', emailSentText: 'Ihre Adresse ändert sich, sobald Sie dem Link darin folgen.',
  },
  factors: {
    title: 'Anmeldung in zwei Schritten', code: 'Code', codeHint: 'Sechs Ziffern aus Ihrer Authentifizierungs-App oder einer Ihrer Wiederherstellungscodes.', appCode: 'Code, den die App zeigt', wrong: 'Dieser Code ist falsch oder wurde schon benutzt. Bitte nehmen Sie den nächsten.',
    appText: 'Wer sich als Sie anmeldet, braucht dann auch einen Code einer Authentifizierungs-App auf Ihrem Telefon. Jede App für Einmalcodes ist recht.', begin: 'App einrichten', scan: 'Lesen Sie dieses Bild mit Ihrer App ein, und geben Sie dann den Code an, den sie zeigt.', picture: 'QR-Code für Ihre Authentifizierungs-App', byHand: 'Oder tippen Sie diesen Schlüssel in die App:', confirm: 'Einschalten',
    on: 'Nach einer Authentifizierungs-App wird gefragt', onSince: 'Seit {date} braucht jede Anmeldung einen Code Ihrer App.', left: 'Es sind keine Wiederherstellungscodes übrig. | {n} Wiederherstellungscode ist übrig. | {n} Wiederherstellungscodes sind übrig.',
    renew: 'Neue Wiederherstellungscodes', renewText: 'Ihre jetzigen Wiederherstellungscodes gelten danach nicht mehr.', remove: 'App entfernen', removeText: 'Danach öffnet sich Ihr Konto wieder ohne ihre Codes.', removed: 'Die App wurde entfernt', cancel: 'Abbrechen',
    recoveryTitle: 'Ihre Wiederherstellungscodes', recoveryText: 'Jeder öffnet Ihr Konto einmal, wenn Sie Ihr Telefon verlieren. Sie werden nur jetzt gezeigt: Bewahren Sie sie bei wichtigen Papieren auf.', copy: 'Kopieren', copied: 'Die Codes sind kopiert', kept: 'Ich habe sie aufbewahrt',
  },
  enrol: { title: 'Zuerst ein zweiter Faktor', go: 'Einrichten', have: 'Sie haben einen zweiten Faktor, den Sie seit Ihrer Anmeldung hier nicht gezeigt haben. Zeigen Sie ihn, und alles andere öffnet sich.', show: 'Jetzt zeigen' },
  passkeys: {
    title: 'Passkeys', text: 'Melden Sie sich mit Fingerabdruck, Gesicht oder dem Code Ihres Geräts an statt mit einem Passwort.', impossible: 'Dieser Browser oder diese Adresse des Ladens kann keine Passkeys behalten.', made: 'Hinzugefügt am {date}', used: 'Zuletzt benutzt am {date}',
    add: 'Passkey hinzufügen', rename: 'Umbenennen', renameOf: '{name} umbenennen', remove: 'Entfernen', removeOf: '{name} entfernen', removeText: '{name} öffnet Ihr Konto dann nicht mehr.', name: 'Wie Sie ihn nennen', called: 'Mein Gerät', nameWrong: 'Bitte nehmen Sie 1 bis 60 Zeichen.',
    use: 'Passkey benutzen', logIn: 'Mit einem Passkey anmelden', cancelled: 'Es wurde kein Passkey gezeigt. Bitte versuchen Sie es noch einmal.', done: { add: 'Der Passkey wurde hinzugefügt', rename: 'Der Passkey wurde umbenannt', remove: 'Der Passkey wurde entfernt' },
  },
  news: { title: 'Neues per E-Mail', agree: 'Ja, schreiben Sie mir ab und zu über neue Waren und Angebote.', note: 'Sie können es in Ihrem Konto jederzeit ändern.', to: 'An {email}.', yes: 'Wir schreiben Ihnen', no: 'Wir schreiben Ihnen nicht mehr' },
  own: {
    title: 'Ihre Daten', text: 'Alles, was dieser Laden über Sie hat, in einer Datei: Konto, Adressen, Bestellungen, Zahlungen, E-Mails.', download: 'Meine Daten herunterladen', saved: 'Die Datei liegt bei Ihren Downloads.', delete: 'Mein Konto löschen', sure: 'Ihr Konto löschen?', staff: 'Konten von Mitarbeitenden beendet der Inhaber des Ladens.',
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
