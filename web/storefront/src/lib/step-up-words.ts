/** Puts the words of the question who one is beside the shop's own. They load with it. */
import { watch } from 'vue'
import de from '../locales/step-up.de'
import en from '../locales/step-up.en'
import { i18n } from './i18n'

const WORDS = { en, de }

watch(i18n.global.locale, (locale) => i18n.global.mergeLocaleMessage(locale, { stepUp: WORDS[locale] }), { immediate: true, flush: 'sync' })
