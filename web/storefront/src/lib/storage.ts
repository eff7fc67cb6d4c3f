/** What the browser remembers between visits. Where storage is forbidden, it is remembered until the page closes. */
const memory = new Map<string, string>()

export function remembered(key: string): string | null {
  try {
    return localStorage.getItem(key) ?? memory.get(key) ?? null
  } catch {
    return memory.get(key) ?? null
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
    memory.delete(key)
  } catch {
    memory.set(key, value)
  }
}

export function forget(key: string): void {
  memory.delete(key)
  try {
    localStorage.removeItem(key)
  } catch (error) {
    console.debug(`storage: ${key} was kept in memory only`, error)
  }
}

/** A remembered JSON value, or null when there is none or another version of the shop wrote something else. */
export function rememberedJson<T>(key: string, isValid: (value: unknown) => value is T): T | null {
  const text = remembered(key)
  if (text === null) return null
  try {
    const value: unknown = JSON.parse(text)
    return isValid(value) ? value : null
  } catch {
    return null
  }
}
