/** The way to one's account, or to the login for whoever has not logged in here; from there it goes back. */
import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRoute } from 'vue-router'
import { useAccount } from '@/stores/account'

export function useAccountLink() {
  const { t } = useI18n()
  const route = useRoute()
  const account = useAccount()
  return computed(() => {
    if (account.known) return { label: t('nav.account'), to: { name: 'account' } }
    const elsewhere = route.path !== '/' && !route.path.startsWith('/account')
    return { label: t('nav.logIn'), to: { name: 'login', query: elsewhere ? { to: route.fullPath } : {} } }
  })
}
