/** The secret of a mailed link. It leaves the address bar, so that a shared or photographed screen does not give it away. */
import { useRoute, useRouter } from 'vue-router'
import { tokenInFragment } from './orders'

export function useLinkToken(): string | null {
  const route = useRoute()
  const router = useRouter()
  const token = tokenInFragment(route.hash)
  if (token) void router.replace({ ...route, hash: '' })
  return token
}
