/** What the components are given. */
export type Tone = 'info' | 'success' | 'warning' | 'danger'

export interface Chip {
  value: string
  /** Why choosing this leads nowhere right now (sold out, not made); shown struck through and read aloud. */
  missing?: string | undefined
}

export interface Choice {
  value: string
  title: string
  detail?: string | undefined
  aside?: string | undefined
}

export interface MenuGroup {
  name: string
  label: string
  value: string
  options: { value: string; label: string }[]
}
