/** Puts the words about pictures beside the shop's own, in whatever language is chosen. They load with the pages that need them. */
import { isProblem } from '@hanse/api'
import { watch } from 'vue'
import de from '../locales/pictures.de'
import en from '../locales/pictures.en'
import { i18n } from './i18n'
import { problemText, type Texts } from './problems'

const WORDS = { en, de }

watch(i18n.global.locale, (locale) => i18n.global.mergeLocaleMessage(locale, { pictures: WORDS[locale] }), { immediate: true, flush: 'sync' })

/** Why a file was not taken: by its fault where the pages have words for it, else as the shop says it. */
export function whyNoPicture({ t, te }: Texts, problem: unknown): string {
  if (!isProblem(problem)) return problemText({ t, te }, problem)
  if (problem.fieldMessage('product')) return t('pictures.why.full')
  const fault = problem.body.errors?.find(({ field }) => field === 'file')
  const key = `pictures.why.${fault?.code ?? problem.code}`
  if (te(key)) return t(key)
  return fault ? `${t('pictures.file')} ${fault.message}.` : problemText({ t, te }, problem)
}
