/**
 * In a radio group the choice follows the arrow keys. The primitives choose only while the key is still down when they
 * come round to it; a quick press on a slow device moves the focus and leaves the choice behind.
 */
import type { Ref } from 'vue'

const ARROWS = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown']

/** Handlers for the group: `attribute` names the choice on each of its items. */
export function followArrows(value: Ref<string>, attribute: string) {
  let arrow = false
  return {
    onKeydownCapture(event: KeyboardEvent) {
      arrow = ARROWS.includes(event.key)
    },
    onFocusin(event: FocusEvent) {
      const reached = arrow && event.target instanceof Element ? event.target.getAttribute(attribute) : null
      arrow = false
      if (reached !== null) value.value = reached
    },
  }
}
