/** Short messages for screen readers, read from the live region that the app keeps. */
import { ref } from 'vue'

export const announcement = ref('')

export function announce(text: string): void {
  // The same text twice is read twice only if the region changed in between.
  announcement.value = announcement.value === text ? `${text}\u00A0` : text
}
