/** The one client of the page. */
import { StoreApi } from '@hanse/api'

let client: StoreApi | undefined
let locale = 'en'

/** Texts of the catalogue come in the language that the visitor reads. */
export function speak(language: string): void {
  locale = language
}

export function api(): StoreApi {
  client ??= new StoreApi({ locale: () => locale })
  return client
}
