/** Whether somebody who works here has to set up a second factor before anything else: until then the shop lets them do nothing but that. */
import { isProblem } from '@hanse/api'
import { useQuery } from '@pinia/colada'
import { computed } from 'vue'
import { identitiesQuery } from '@/lib/queries'
import { useAccount } from '@/stores/account'

export function useEnrolment() {
  const account = useAccount()
  const { error, refetch } = useQuery(() => ({ ...identitiesQuery, enabled: account.me?.kind === 'staff' }))
  const enrolFirst = computed(() => isProblem(error.value, 'factor_enrolment_required'))
  return { enrolFirst, look: refetch }
}
