/**
 * What is hard to undo the shop lets only those do who showed who they are a moment ago; it answers everybody else 403
 * `step_up_required`. Then the page asks (StepUpDialog.vue) and goes on with what was begun. Whoever works here and has shown one
 * factor where it takes two is asked in the same way.
 */
import { isProblem } from '@hanse/api'
import { defineStore } from 'pinia'
import { markRaw, ref, shallowRef, type Component } from 'vue'
import { wantAccountTexts } from '../lib/i18n'

/** They would rather not show it. Nothing was done, and nothing has to be said. */
export class Declined extends Error {}

/** Why somebody is asked. */
type Reason = 'undo' | 'factor'

export const useStepUp = defineStore('step-up', () => {
  /** Few people ever see it: its code comes when it is wanted, and stays for its closing motion. */
  const dialog = shallowRef<Component | null>(null)
  const asking = ref(false)
  const reason = ref<Reason>('undo')

  let waiting: Promise<boolean> | undefined
  let answer: (shown: boolean) => void = () => {}

  /** One question, for all calls that wait for its answer. It can be answered from the start, and fails where it cannot be shown. */
  function ask(why: Reason = 'undo'): Promise<boolean> {
    waiting ??= new Promise<boolean>((resolve, reject) => {
      answer = resolve
      reason.value = why
      asking.value = true
      show().catch(reject)
    }).finally(() => {
      waiting = undefined
      asking.value = false
    })
    return waiting
  }

  async function show(): Promise<void> {
    const [loaded] = await Promise.all([import('../components/StepUpDialog.vue'), wantAccountTexts()])
    dialog.value = markRaw(loaded.default)
  }

  /** Makes the call, and once more after its person has shown who they are, if the shop wants that. */
  async function proven<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      if (!isProblem(error, 'step_up_required')) throw error
      if (!(await ask())) throw new Declined()
      return call()
    }
  }

  const shown = () => answer(true)
  const decline = () => answer(false)

  return { dialog, asking, reason, ask, proven, shown, decline }
})
