/** One order, followed while it moves: asked again at growing intervals until it rests. */
import { useQuery, useQueryCache } from '@pinia/colada'
import { computed, onScopeDispose, ref, watch, type Ref } from 'vue'
import type { Order } from '@hanse/api'
import { api } from '../lib/api'
import { orderToken } from '../lib/orders'
import { keyOf } from '../lib/seed'
import { isMoving } from './order-state'

const FIRST_MS = 600
const LONGEST_MS = 5_000
/** The longest a healthy payment takes at the shop is 90 seconds; after that the visitor is told and may ask again. */
const FOLLOWED_FOR_MS = 120_000

export function useOrder(id: Ref<string>) {
  const cache = useQueryCache()
  const key = computed(() => keyOf(`/api/store/orders/${id.value}`))
  const query = useQuery({
    key: () => key.value,
    query: ({ signal }) => api().order(id.value, orderToken(id.value), signal),
    staleTime: 2_000,
  })

  const tired = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  let startedAt = Date.now()
  let wait = FIRST_MS

  function stop(): void {
    clearTimeout(timer)
    timer = undefined
  }

  function follow(order: Order | undefined): void {
    stop()
    if (!order || !isMoving(order)) return
    if (Date.now() - startedAt > FOLLOWED_FOR_MS) {
      tired.value = true
      return
    }
    timer = setTimeout(() => {
      wait = Math.min(wait * 1.5, LONGEST_MS)
      // The refetch's own failure shows in the query's state; the next look is due either way.
      void query.refetch().then((state) => follow(state.data ?? order))
    }, wait)
  }

  function begin(): void {
    tired.value = false
    startedAt = Date.now()
    wait = FIRST_MS
    follow(query.data.value)
  }

  /** An answer that came by another call (a payment, a cancellation). */
  function take(order: Order): void {
    cache.setQueryData(key.value, order)
    begin()
  }

  watch(id, begin)
  watch(() => query.data.value?.status, begin, { immediate: true })
  onScopeDispose(stop)

  return { order: query.data, error: query.error, isPending: query.isPending, refetch: query.refetch, tired, take, again: begin }
}
