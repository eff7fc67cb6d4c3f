/** Die Wörter der Frage, wer man ist, vor dem, was sich schwer zurücknehmen lässt. */
import type { StepUpMessages } from './step-up.en'

const stepUp: StepUpMessages = {
  title: 'Sind Sie es?', undo: 'Was Sie vorhaben, lässt sich schwer zurücknehmen. Bitte zeigen Sie noch einmal, dass Sie es sind.', factor: 'Wer hier arbeitet, zeigt zwei Faktoren. Bitte zeigen Sie den zweiten, den Sie haben.', go: 'Weiter', missing: 'Bitte geben Sie einen Code an.',
  recovery: 'Wiederherstellungscode', byRecovery: 'Wiederherstellungscode benutzen', notRecovery: 'Ohne Wiederherstellungscode', passkey: 'Ihr Gerät zeigt Ihren Passkey.',
  provider: 'Ihr Konto hat hier kein Passwort. Melden Sie sich noch einmal an: Sie kommen auf diese Seite zurück und können dann tun, was Sie vorhatten.', again: 'Noch einmal mit {provider} anmelden',
  none: 'Ihr Konto hat gerade nichts zu zeigen. Wählen Sie zuerst ein Passwort, über einen Link, den wir Ihnen senden.', toSecurity: 'Zur Sicherheit',
}

export default stepUp
