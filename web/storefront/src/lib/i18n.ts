/** Languages of the shop's own texts: English is built in, others load when they are wanted. */
import { createI18n } from 'vue-i18n'
import type { AccountMessages } from '../locales/account.en'
import en, { type Messages } from '../locales/en'
import { speak } from './api'
import { remember, remembered } from './storage'

export const LOCALES = { en: 'English', de: 'Deutsch' } as const
export type Locale = keyof typeof LOCALES

const KEY = 'hanse.locale'

const loaders: Record<Exclude<Locale, 'en'>, () => Promise<{ default: Messages }>> = {
  de: () => import('../locales/de'),
}

const accountLoaders: Record<Locale, () => Promise<{ default: AccountMessages }>> = {
  en: () => import('../locales/account.en'),
  de: () => import('../locales/account.de'),
}

export const i18n = createI18n<[Messages], Locale, false>({
  legacy: false,
  locale: 'en',
  fallbackLocale: 'en',
  messages: { en } as Record<Locale, Messages>,
})

function isLocale(value: string | null): value is Locale {
  return value !== null && Object.hasOwn(LOCALES, value)
}

/** The visitor's choice, else the first language of the browser that the shop speaks. */
export function preferredLocale(): Locale {
  const chosen = remembered(KEY)
  if (isLocale(chosen)) return chosen
  return navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase()).find(isLocale) ?? 'en'
}

let accountWanted = false

async function addAccountTexts(locale: Locale): Promise<void> {
  const { default: account } = await accountLoaders[locale]()
  i18n.global.mergeLocaleMessage(locale, { account })
}

/** Called before the first page about one's account is shown; a language that is chosen later brings its own words. */
export async function wantAccountTexts(): Promise<void> {
  accountWanted = true
  await addAccountTexts(i18n.global.locale.value)
}

export async function applyLocale(locale: Locale): Promise<void> {
  if (locale !== 'en' && !i18n.global.availableLocales.includes(locale)) {
    i18n.global.setLocaleMessage(locale, (await loaders[locale]()).default)
  }
  if (accountWanted) await addAccountTexts(locale)
  i18n.global.locale.value = locale
  document.documentElement.lang = locale
  speak(locale)
}

export async function chooseLocale(choice: string): Promise<void> {
  if (!isLocale(choice)) return
  remember(KEY, choice)
  await applyLocale(choice)
}
