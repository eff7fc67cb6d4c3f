/** After a form was refused: its first faulty control gets the focus, once it shows its fault. */
import { nextTick } from 'vue'

export async function focusFirstError(root: HTMLElement | null): Promise<void> {
  await nextTick()
  root?.querySelector<HTMLElement>('[aria-invalid="true"], [data-first-error]')?.focus()
}
