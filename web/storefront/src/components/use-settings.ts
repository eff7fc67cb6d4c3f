/** The visitor's settings as groups of choices, for the header's menu and for the narrow page's drawer and footer. */
import type { MenuGroup } from '@hanse/ui'
import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import { chooseLocale, LOCALES } from '@/lib/i18n'
import { chooseTheme, theme, THEMES } from '@/lib/theme'

export function useSettings() {
  const { t, locale } = useI18n()
  const groups = computed<MenuGroup[]>(() => [
    {
      name: 'language',
      label: t('nav.language'),
      value: locale.value,
      options: Object.entries(LOCALES).map(([value, label]) => ({ value, label })),
    },
    {
      name: 'appearance',
      label: t('nav.appearance'),
      value: theme.value,
      options: THEMES.map((value) => ({ value, label: t(`theme.${value}`) })),
    },
  ])
  function choose(group: string, value: string): void {
    if (group === 'language') void chooseLocale(value)
    else chooseTheme(value)
  }
  return { groups, label: computed(() => t('nav.settings')), choose }
}
