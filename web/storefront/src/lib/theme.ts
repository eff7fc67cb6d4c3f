/** Light, dark, or as the system says. `theme-boot.js` applies the remembered choice before the first paint. */
import { ref } from 'vue'
import { forget, remember, remembered } from './storage'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const KEY = 'hanse.theme'

function isTheme(value: string | null): value is Theme {
  return THEMES.some((theme) => theme === value)
}

const stored = remembered(KEY)
export const theme = ref<Theme>(isTheme(stored) ? stored : 'system')

export function chooseTheme(choice: string): void {
  if (!isTheme(choice)) return
  theme.value = choice
  if (choice === 'system') {
    forget(KEY)
    delete document.documentElement.dataset['theme']
  } else {
    remember(KEY, choice)
    document.documentElement.dataset['theme'] = choice
  }
}
