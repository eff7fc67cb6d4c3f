/** Where a login leads: nowhere but into the shop. */
import { expect, it } from 'vitest'
import { ownPath } from './own-path'

it.each(['/checkout', '/orders/ord_1?a=b#c', '/products?q=a%2F%2Fb', '/', '/account/security', '/account/logins', '/a//b'])(
  'follows %j',
  (path) => expect(ownPath(path)).toBe(path),
)

it.each([
  'https://evil.example', '//evil.example', '/\\evil.example', '\\/evil.example', '/\t/evil.example', '/\n/evil.example', '/\u0000/evil.example',
  '/.//evil.example', '/a/..//evil.example', '/%2e//evil.example', 'javascript:alert(1)', 'evil.example', ' //evil.example', '', null, undefined, ['/a'],
  '/account/login', '/account/login?to=/account/login', '/account/register', '/account/login/',
])('goes to the account instead of to %j', (path) => expect(ownPath(path)).toBe('/account'))
