/** A change to one's own account that takes the password of whoever has one; the shop asks all others who they are (stores/step-up.ts). */
import { isProblem, type Me } from '@hanse/api'
import { computed, ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { useSending } from '@/lib/use-sending'
import { useAccount } from '@/stores/account'

export function useOwnPassword(me: () => Me) {
  const { t } = useI18n()
  const account = useAccount()
  const password = ref('')
  const { busy, failure, refused, send } = useSending()

  const wrong = computed(() => isProblem(failure.value, 'wrong_credentials'))
  const missing = computed(() => refused.value['current_password'] !== undefined)
  const passwordFault = computed(() => (wrong.value ? t('account.wrong') : missing.value ? t('account.missingPassword') : undefined))
  /** What the password's own field does not say. */
  const otherFailure = computed(() => (wrong.value ? null : failure.value))
  const own = () => (me().has_password ? password.value : undefined)

  /** Whether the shop has done it. */
  async function change(call: () => Promise<void>): Promise<boolean> {
    let taken = false
    await send(async () => {
      await account.asMe(call)
      taken = true
    })
    // They took one meanwhile, elsewhere.
    if (missing.value && !me().has_password) await account.load()
    return taken
  }

  return { password, own, busy, failure, refused, passwordFault, otherFailure, change }
}
