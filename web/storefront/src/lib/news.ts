/** The consent to be written to about the shop's goods. */
import type { Consents, ConsentWord } from '@hanse/api'
import { api } from './api'

/** The name of the text `account.news.agree`: whoever changes what it says gives it another one. */
export const NEWS_WORDING = 'news-1'

export function hasAgreedToNews({ consents }: Consents): boolean {
  return consents.some(({ purpose, granted }) => purpose === 'marketing' && granted)
}

/** Besides something else, which stands in any case: where it is not kept it was not given, and the account page says so. */
export async function agreeToNews(place: ConsentWord['place']): Promise<void> {
  await api().account.sayConsent({ purpose: 'marketing', granted: true, wording: NEWS_WORDING, place }).catch(() => {})
}
