/** What somebody can show once more, by what their account has: a factor, else the password, else a new login with a provider. */
import { isProblem, type Me } from '@hanse/api'
import { useQuery } from '@pinia/colada'
import { computed, ref } from 'vue'
import { knowsPasskeys } from '@/lib/passkeys'
import { factorsQuery, identitiesQuery, providersQuery } from '@/lib/queries'

export type Way = 'app' | 'recovery' | 'passkey' | 'password' | 'provider' | 'none'

export function useProof(me: Me) {
  const factors = useQuery(factorsQuery)
  const has = computed(() => factors.data.value)
  const enrolled = computed(() => has.value !== undefined && (has.value.totp !== null || has.value.passkeys.length > 0))
  /** The browser may not know passkeys, and the shop may be looked at by an address that has none. */
  const passkey = computed(() => has.value !== undefined && has.value.passkeys.length > 0 && has.value.passkeys_available && knowsPasskeys())

  const needsProvider = computed(() => has.value !== undefined && !enrolled.value && !me.has_password)
  const identities = useQuery(() => ({ ...identitiesQuery, enabled: needsProvider.value }))
  const offered = useQuery(() => ({ ...providersQuery, enabled: needsProvider.value }))
  /** Whoever works here and has to enrol a factor first is not told which are theirs. */
  const untold = computed(() => isProblem(identities.error.value, 'factor_enrolment_required'))
  /** Linked with the account, and still asked by the shop. */
  const providers = computed(() => {
    const linked = identities.data.value?.items.map(({ provider }) => provider) ?? []
    return (offered.data.value ?? []).filter(({ id }) => untold.value || linked.includes(id))
  })

  /** Chosen by whoever has neither the app nor a passkey at hand. */
  const recovering = ref(false)
  const way = computed<Way | null>(() => {
    if (!has.value) return null
    if (enrolled.value) {
      if (recovering.value) return 'recovery'
      return has.value.totp ? 'app' : passkey.value ? 'passkey' : 'recovery'
    }
    if (me.has_password) return 'password'
    if (identities.isPending.value || offered.isPending.value) return null
    return providers.value.length > 0 ? 'provider' : 'none'
  })

  const wanted = computed(() => [factors, ...(needsProvider.value ? [offered, ...(untold.value ? [] : [identities])] : [])])
  const failing = computed(() => wanted.value.filter(({ error, data }) => error.value !== null && data.value === undefined))
  const error = computed(() => failing.value[0]?.error.value ?? null)
  const isLoading = computed(() => failing.value.some((query) => query.isLoading.value))
  const again = () => Promise.all(failing.value.map((query) => query.refetch()))

  return { way, passkey, providers, recovering, error, isLoading, again, refetch: factors.refetch }
}
