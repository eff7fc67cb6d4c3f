/** What every page does when it comes up: its title in the tab and for screen readers. */
import { toValue, watchEffect, type MaybeRefOrGetter } from 'vue'

export function usePageTitle(title: MaybeRefOrGetter<string | undefined>): void {
  watchEffect(() => {
    const text = toValue(title)
    if (text) document.title = text === 'Hanse' ? text : `${text} · Hanse`
  })
}
