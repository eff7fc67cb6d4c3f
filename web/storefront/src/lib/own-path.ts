/**
 * Where to go after the login, from the address bar and so from anybody: only a path of this shop is followed. What a
 * browser would read as another host (`//host`, `/\host`, either behind a control character that it drops) is not.
 */
const OWN = /^\/(?![/\\])[^\\\p{Cc}]*$/u
/** A login that leads to itself would never end. */
const LOOP = /^\/account\/(login|register)(?![^/?#])/

export function ownPath(value: unknown, otherwise = '/account'): string {
  if (typeof value !== 'string' || !OWN.test(value) || LOOP.test(value)) return otherwise
  // Dots leave a second slash at the beginning: `/.//host`.
  const { origin, pathname } = new URL(value, 'http://shop.invalid')
  return origin === 'http://shop.invalid' && !pathname.startsWith('//') ? value : otherwise
}
