/** A form that is sent once: busy meanwhile, done or refused afterwards, with the refusals of single fields by their name. */
import { isProblem } from '@hanse/api'
import { ref, shallowRef } from 'vue'

export function useSending() {
  const busy = ref(false)
  const sent = ref(false)
  const failure = shallowRef<unknown>(null)
  const refused = ref<Record<string, string>>({})

  async function send(call: () => Promise<void>): Promise<void> {
    if (busy.value) return
    busy.value = true
    failure.value = null
    refused.value = {}
    try {
      await call()
      sent.value = true
    } catch (error) {
      const fields = isProblem(error) ? (error.body.errors ?? []) : []
      refused.value = Object.fromEntries(fields.map(({ field, code }) => [field, code ?? 'other']))
      if (fields.length === 0) failure.value = error
    } finally {
      busy.value = false
    }
  }
  return { busy, sent, failure, refused, send }
}
