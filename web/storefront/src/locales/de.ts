/** The shop's own texts in German. */
import type { Messages } from './en'

const de: Messages = {
  skip: 'Zum Inhalt',
  nav: {
    main: 'Hauptnavigation', menu: 'Menü', all: 'Alle Waren', fresh: 'Neu', cart: 'Warenkorb', cartCount: 'Warenkorb, {n} Artikel | Warenkorb, {n} Artikel',
    search: 'Suchen', searchHint: 'Im Laden suchen', settings: 'Sprache und Darstellung', categories: 'Kategorien',
    language: 'Sprache', appearance: 'Darstellung', close: 'Schließen', breadcrumb: 'Pfad', account: 'Konto', logIn: 'Anmelden',
  },
  theme: { system: 'Wie das System', light: 'Hell', dark: 'Dunkel' },
  footer: {
    shop: 'Laden', service: 'Service', display: 'Anzeige',
    claim: 'Ein kleiner Laden in der Tradition der langen Fahrt: gute Ware, ehrliches Maß, fairer Preis.',
    made: 'Läuft mit Hanse, freier Software für den Handel.',
  },
  home: {
    title: 'Hanse', eyebrow: 'Kontor für gute Ware', headline: 'Ware, die die Reise lohnt.',
    lede: 'Gut gemachte Dinge für Tisch, Haus und Straße. Mit Sorgfalt gewählt, von unserem Kai bis an Ihre Tür.',
    shopAll: 'Alle Waren ansehen', arrivals: 'Neu eingetroffen', quay: 'Kategorien', fresh: 'Frisch vom Schiff', seeAll: 'Alle neuen Waren',
    goods: '{n} Artikel | {n} Artikel',
    promises: {
      title: 'Wie wir handeln',
      stock: 'Bestellt ist bestellt', stockText: 'Mit der Bestellung legen wir Ihre Ware zurück. Niemand kauft Ihnen das letzte Stück weg.',
      once: 'Einmal bezahlt, nie doppelt', onceText: 'Ein Funkloch oder ein zweiter Klick wiederholt nichts: eine Bestellung, eine Zahlung.',
      cancel: 'Doch anders überlegt', cancelText: 'Stornieren Sie auf der Bestellseite, bis die Ware den Kai verlässt. Ohne Formular, ohne Anruf.',
    },
  },
  listing: {
    all: 'Alle Waren', results: 'Treffer für „{q}“', count: '{n} Artikel | {n} Artikel', sort: 'Sortieren nach', more: 'Mehr laden', loading: 'Weitere Waren werden geladen',
    fromStart: 'Zum Anfang der Liste', every: 'Alle', later: 'Weitere Waren', loaded: '{n} weitere Artikel geladen', searchWithin: 'Suchen',
    sorts: { newest: 'Neueste', price: 'Preis aufsteigend', priceDown: 'Preis absteigend', title: 'Name', relevance: 'Beste Treffer' },
    empty: { title: 'Dieser Laderaum ist leer', search: 'Zu „{q}“ haben wir nichts gefunden. Ein kürzeres oder geläufigeres Wort hilft oft.', category: 'In diesen Regalen liegt zurzeit nichts.', action: 'Alle Waren zeigen' },
  },
  price: { from: 'ab {price}', before: 'Vorher', now: 'Jetzt', included: 'inkl. MwSt., zzgl. Versand', excluded: 'zzgl. MwSt. und Versand', none: 'Preis auf Anfrage' },
  stock: {
    in_stock: 'Auf Lager', low_stock: 'Nur noch wenige', out_of_stock: 'Ausverkauft', backorder: 'Bestellbar', unknown: 'Verfügbarkeit auf Anfrage',
    left: 'Nur noch {n} Stück', notMade: 'in dieser Kombination nicht erhältlich', soldOut: 'ausverkauft',
  },
  badge: { sale: 'Reduziert', soldOut: 'Ausverkauft', few: 'Nur wenige' },
  product: {
    gallery: 'Bilder von {title}', picture: 'Bild {n} zeigen', quantity: 'Menge', less: 'Eins weniger', more: 'Eins mehr', add: 'In den Warenkorb',
    soldOut: 'Ausverkauft', added: '{title} liegt im Warenkorb', about: 'Beschreibung', details: 'Einzelheiten', sku: 'Artikelnummer', vendor: 'Hersteller', type: 'Art', tags: 'Stichwörter',
    related: 'Vom selben Kai', choose: 'Optionen wählen', notFound: 'Diese Ware ist abgesegelt', notFoundText: 'Vielleicht ist die Adresse alt, oder wir führen den Artikel nicht mehr.',
    noImage: 'Noch kein Bild', unavailable: 'Diese Kombination ist nicht erhältlich.',
  },
  cart: {
    title: 'Ihr Warenkorb', items: 'Artikel im Warenkorb', subtotal: 'Waren', checkout: 'Zur Kasse', view: 'Warenkorb ansehen', continue: 'Weiter einkaufen', remove: 'Entfernen', removeItem: '{title} entfernen',
    removed: '{title} wurde entfernt', quantityOf: 'Menge von {title}', less: 'Eins weniger', more: 'Eins mehr', each: 'je {price}', note: 'Versand und Rabatte folgen an der Kasse.',
    empty: { title: 'Ihre Truhe ist leer', text: 'Noch liegt nichts darin. Unsere Regale sind gut gefüllt.', action: 'Waren ansehen' },
    problem: {
      out_of_stock: 'Ausverkauft. Bitte entfernen, um fortzufahren.', insufficient_stock: 'Weniger auf Lager als gewünscht. Bitte Menge verringern.', unavailable: 'Nicht mehr erhältlich. Bitte entfernen.',
      price_changed: 'Der Preis hat sich geändert.', no_price: 'Zurzeit nicht im Verkauf. Bitte entfernen.', unknown_discount_code: 'Diesen Code kennen wir nicht.', discount_code_not_started: 'Dieser Code gilt noch nicht.', discount_code_expired: 'Dieser Code ist abgelaufen.', discount_code_used_up: 'Dieser Code ist aufgebraucht.', discount_code_needs_login: 'Dieser Code ist für angemeldete Kunden.', discount_code_used_by_customer: 'Sie haben diesen Code schon benutzt.', discount_code_other_currency: 'Dieser Code gilt für eine andere Währung.', other: 'Bitte prüfen Sie diesen Artikel.',
    },
  },
  totals: {
    title: 'Zusammenfassung', items: 'Waren', discount: 'Rabatt', shipping: 'Versand', shippingOpen: 'nach der Adresse', free: 'kostenlos', tax: 'MwSt.', taxIncluded: 'darin MwSt.', total: 'Summe',
  },
  checkout: {
    title: 'Kasse', contact: 'Kontakt', delivery: 'Lieferadresse', billing: 'Rechnungsadresse', billingSame: 'Rechnungsadresse ist die Lieferadresse', shipping: 'Versand', payment: 'Zahlung', summary: 'Ihre Bestellung',
    email: 'E-Mail', emailHint: 'Für die Bestellbestätigung.', have: 'Haben Sie ein Konto?', optional: 'freiwillig', code: 'Rabattcode', apply: 'Einlösen', applied: 'Code {code} ist eingelöst', removeCode: 'Code {code} entfernen',
    shippingFirst: 'Die Versandarten erscheinen, sobald die Adresse vollständig ist.', noShipping: 'An diese Adresse liefern wir noch nicht.', shippingLoading: 'Versandarten werden gesucht',
    saving: 'Wird gespeichert', pay: '{total} bezahlen', order: 'Für {total} bestellen', back: 'Zurück zum Warenkorb', noPayment: 'Nichts zu bezahlen: Die Summe ist null.',
    testCard: 'Testkarte', testNote: 'Dieser Laden läuft mit dem Testanbieter. Es fließt kein Geld; wählen Sie, wie die Bank antworten soll.',
    cards: {
      success: 'Zahlung gelingt', declined: 'Karte wird abgelehnt', action: 'Bank verlangt Bestätigung', timeout: 'Bank antwortet nicht', unknownSuccess: 'Zuerst unklar, dann erfolgreich', unknownDeclined: 'Zuerst unklar, dann abgelehnt',
      successText: 'Sofort autorisiert', declinedText: 'Sie können eine andere Karte nehmen', actionText: 'Ein Bestätigungsschritt erscheint', timeoutText: 'Die Verbindung zur Bank läuft ab', unknownSuccessText: 'Wir fragen nach, bis wir es wissen', unknownDeclinedText: 'Wir fragen nach, bis wir es wissen',
    },
    placing: 'Ihre Bestellung wird aufgegeben. Bitte warten.', resuming: 'Sie hatten die Zahlung begonnen. Wir klären, wie sie ausging.',
    fields: { name: 'Vor- und Nachname', line1: 'Straße und Hausnummer', line2: 'Adresszusatz', postal_code: 'Postleitzahl', city: 'Ort', region: 'Bundesstaat oder Provinz', country: 'Land', phone: 'Telefon', choose: 'Bitte wählen' },
    missing: { email: 'Bitte geben Sie eine E-Mail-Adresse an.', email_form: 'Das sieht nicht wie eine E-Mail-Adresse aus.', name: 'Bitte geben Sie Ihren Namen an.', line1: 'Bitte geben Sie Straße und Hausnummer an.', postal_code: 'Bitte geben Sie die Postleitzahl an.', city: 'Bitte geben Sie den Ort an.', region: 'Bitte geben Sie Bundesstaat oder Provinz an.', country: 'Bitte wählen Sie ein Land.', shipping: 'Bitte wählen Sie eine Versandart.', other: 'Bitte prüfen Sie dieses Feld.' },
    incomplete: 'Es fehlen noch Angaben', incompleteText: 'Bitte ergänzen Sie die markierten Felder.',
    totalChanged: 'Die Summe hat sich geändert', totalChangedText: 'Sie betrug {before} und beträgt jetzt {after}. Wenn das in Ordnung ist, bestellen Sie bitte erneut.', totalChangedPlain: 'Sie beträgt jetzt {after}. Wenn das in Ordnung ist, bestellen Sie bitte erneut.',
    cartChanged: 'Ihr Warenkorb hat sich geändert', cartChangedText: 'Er wurde anderswo geändert, vielleicht in einem anderen Tab. Bitte sehen Sie ihn durch und bestellen Sie erneut.',
    alreadyOrdered: 'Dieser Warenkorb ist schon bestellt', alreadyOrderedText: 'Eine Bestellung dazu läuft. Die Bestätigung kommt per E-Mail.', toOrder: 'Zur Bestellung',
    unsettled: 'Noch keine Antwort vom Laden', unsettledText: 'Ihre Bestellung ist vielleicht angekommen. Ein neuer Versuch ist sicher: Sie zahlen nie doppelt.', again: 'Erneut versuchen',
    refused: 'Die Bestellung wurde nicht angenommen', problemItems: 'Einige Artikel brauchen Ihre Aufmerksamkeit', toCart: 'Zum Warenkorb',
  },
  order: {
    title: 'Bestellung {number}', titleOpen: 'Ihre Bestellung', number: 'Bestellnummer', placed: 'Aufgegeben am {date}', thanks: 'Vielen Dank!', thanksText: 'Ihre Ware wird gepackt. Eine Bestätigung ist unterwegs an {email}.',
    thanksPlain: 'Ihre Ware wird gepackt.', pending: 'Einen Moment …', pendingText: 'Wir prüfen Bestand und Zahlung. Diese Seite aktualisiert sich selbst.', tired: 'Das dauert länger als sonst', tiredText: 'Ihre Bestellung ist bei uns sicher. Sie bekommen eine E-Mail; Sie können auch noch einmal nachsehen.', look: 'Noch einmal nachsehen',
    declined: 'Die Zahlung wurde abgelehnt', declinedText: 'Es wurde nichts abgebucht, und Ihre Ware bleibt eine Viertelstunde zurückgelegt. Bitte versuchen Sie eine andere Karte.', pay: 'Jetzt {total} bezahlen', action: 'Ihre Bank verlangt eine Bestätigung', actionText: 'Bitte bestätigen Sie die Zahlung bei Ihrer Bank. Ihre Ware bleibt so lange zurückgelegt.', confirm: 'Weiter zur Bank',
    rejected: 'Die Bestellung konnte nicht angenommen werden', reason: {
      out_of_stock: 'Jemand war schneller: Mindestens ein Artikel ist gerade ausverkauft. Es wurde nichts abgebucht.', payment_declined: 'Die Zahlung kam nicht zustande. Es wurde nichts abgebucht.',
      payment_expired: 'Die Zahlung kam nicht, solange die Ware zurückgelegt war. Es wurde nichts abgebucht.', payment_timeout: 'Die Bank hat nicht rechtzeitig geantwortet. Es wurde nichts abgebucht.', payment_cancelled: 'Die Zahlung wurde beendet. Es wurde nichts abgebucht.',
      capture_failed: 'Die Zahlung ließ sich nicht einziehen. Es wurde nichts abgebucht.', stock_timeout: 'Wir konnten die Ware nicht zurücklegen. Es wurde nichts abgebucht.', stock_expired: 'Die Ware ließ sich nicht länger zurücklegen. Auf Ihrer Karte Reserviertes wird freigegeben.',
      stock_lost: 'Die Ware war ausverkauft, bevor die Zahlung sicher war. Auf Ihrer Karte Reserviertes wird freigegeben.', other: 'Es wurde nichts abgebucht.',
    },
    cancelled: 'Die Bestellung ist storniert', cancelledText: 'Was abgebucht oder reserviert war, wird zurückgegeben.', refunded: 'Die Bestellung ist erstattet', refundedText: 'Das Geld ist auf dem Weg zu Ihnen.', fulfilled: 'Unterwegs zu Ihnen', fulfilledText: 'Ihre Ware hat unseren Kai verlassen.', confirmed: 'Bestellung bestätigt', confirmedText: 'Wir packen Ihre Ware.',
    items: 'Artikel', address: 'Lieferadresse', billing: 'Rechnungsadresse', shippingMethod: 'Versand', paymentLabel: 'Zahlung', history: 'Verlauf', toOrder: 'Zur Bestellseite', quantity: 'Menge: {n}',
    cancel: 'Bestellung stornieren', cancelAsk: 'Diese Bestellung stornieren?', cancelAskText: 'Die Ware kommt zurück ins Regal, Abgebuchtes wird erstattet.', cancelYes: 'Ja, stornieren', cancelNo: 'Bestellung behalten', cancelling: 'Die Bestellung wird storniert.',
    keep: 'Bewahren Sie den Link aus Ihrer E-Mail auf: Damit verfolgen Sie die Bestellung von jedem Gerät.', backToCart: 'Zurück zum Warenkorb', noAccess: 'Diese Bestellung ist verschlossen', noAccessText: 'Bitte öffnen Sie sie mit dem Link aus Ihrer Bestätigungsmail, oder melden Sie sich an, wenn Sie mit Ihrem Konto bestellt haben.',
    notFound: 'Diese Bestellung finden wir nicht', notFoundText: 'Bitte öffnen Sie sie mit dem Link aus Ihrer Bestätigungsmail.',
    payment: { not_required: 'Nichts zu bezahlen', pending: 'In Arbeit', action_required: 'Wartet auf Bestätigung', authorized: 'Autorisiert', captured: 'Bezahlt', partially_refunded: 'Teilweise erstattet', refunded: 'Erstattet', voided: 'Freigegeben', declined: 'Abgelehnt' },
    status: { pending: 'In Arbeit', awaiting_payment: 'Wartet auf Zahlung', confirmed: 'Bestätigt', rejected: 'Nicht angenommen', cancelled: 'Storniert', refunded: 'Erstattet', fulfilled: 'Versandt' },
    events: { placed: 'Bestellung aufgegeben', stock_reserved: 'Ware zurückgelegt', payment_authorized: 'Zahlung autorisiert', payment_declined: 'Zahlung abgelehnt', action_required: 'Bestätigung verlangt', payment_retried: 'Weitere Zahlung versucht', payment_attention: 'Zahlung braucht Aufmerksamkeit', refund_requested: 'Erstattung veranlasst', refund_failed: 'Erstattung verzögert', partially_refunded: 'Teilweise erstattet', stuck: 'Wir kümmern uns darum', payment_captured: 'Zahlung eingezogen', stock_committed: 'Ware zugeteilt', confirmed: 'Bestellung bestätigt', rejected: 'Bestellung nicht angenommen', cancelled: 'Bestellung storniert', cancel_requested: 'Stornierung gewünscht', fulfilled: 'Ware versandt', partially_fulfilled: 'Teil der Ware versandt', refunded: 'Erstattet', out_of_stock: 'Ausverkauft', payment_voided: 'Zahlung freigegeben', stock_released: 'Ware zurückgestellt' },
  },
  error: { title: 'Raue See', text: 'Dieser Teil des Ladens konnte nicht geladen werden.', again: 'Erneut versuchen', home: 'Zur Startseite', page: 'Etwas ist schiefgegangen', pageText: 'Die Seite konnte nicht angezeigt werden. Bitte versuchen Sie es erneut.', notFound: 'Auf See verloren', notFoundText: 'Unter dieser Adresse gibt es keine Seite.' },
  problem: {
    unknown: 'Etwas ist schiefgegangen. Bitte versuchen Sie es erneut.', shop: 'Der Laden antwortet gerade schlecht. Bitte versuchen Sie es gleich noch einmal.', network: 'Der Laden ist nicht erreichbar. Sind Sie online?', timeout: 'Der Laden hat zu lange gebraucht. Bitte versuchen Sie es erneut.', unreadable: 'Der Laden hat etwas Unlesbares geantwortet. Bitte versuchen Sie es erneut.', prices_unavailable: 'Die Preise lassen sich gerade nicht berechnen. Ihr Warenkorb bleibt erhalten; bitte versuchen Sie es gleich noch einmal.',
    factor_enrolment_required: 'Wer hier arbeitet, meldet sich mit zwei Faktoren an. Richten Sie eine App oder einen Passkey ein, dann öffnet sich alles Übrige.', step_up_required: 'Bitte zeigen Sie noch einmal, dass Sie es sind, und versuchen Sie es dann erneut.', out_of_stock: 'Inzwischen ausverkauft.', insufficient_stock: 'Es sind weniger auf Lager, als Sie möchten.', order_closed: 'Diese Bestellung lässt sich nicht mehr ändern.', already_fulfilled: 'Ihre Ware ist schon unterwegs; die Bestellung lässt sich nicht mehr stornieren.', rate_limited: 'Zu viele Anfragen. Bitte warten Sie einen Moment.', idempotency_in_flight: 'Der Laden arbeitet noch daran. Bitte versuchen Sie es gleich noch einmal.',
  },
}

export default de
