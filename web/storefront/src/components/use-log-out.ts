/** Ends the session of this browser and leads to the login. */
import { useRouter } from 'vue-router'
import { useSending } from '@/lib/use-sending'
import { useAccount } from '@/stores/account'

export function useLogOut() {
  const router = useRouter()
  const account = useAccount()
  const { busy, sent, failure, send } = useSending()

  async function logOut(): Promise<void> {
    await send(() => account.logOut())
    if (sent.value) await router.replace({ name: 'login' })
  }
  return { busy, failure, logOut }
}
