/** Puts the words about pictures beside the shop's own, in whatever language is chosen. They load with the pages that need them. */
import { watch } from 'vue'
import de from '../locales/pictures.de'
import en from '../locales/pictures.en'
import { i18n } from './i18n'

const WORDS = { en, de }

watch(i18n.global.locale, (locale) => i18n.global.mergeLocaleMessage(locale, { pictures: WORDS[locale] }), { immediate: true, flush: 'sync' })
