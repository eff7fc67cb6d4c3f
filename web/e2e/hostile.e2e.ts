/** What another site can do to a shopper of this one, in a real browser: nothing. And what the pages' own policy forbids. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { BASE_URL, settled, useBrowser } from './browser'
import { orderBy, productWithVariants } from './goods'
import { logIn, newcomer, register } from './people'

const { visit } = useBrowser()

let evil: Server
let port = 0
/** What the other site's pages hold, by their paths. */
const pages = new Map<string, string>()

beforeAll(async () => {
  evil = createServer((request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.end(`<!doctype html><title>elsewhere</title><h1>elsewhere</h1>${pages.get(request.url ?? '') ?? ''}`)
  })
  await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve))
  port = (evil.address() as AddressInfo).port
})
afterAll(() => evil.close())

/** Another host is another site; another port of the same host is the same site, whose requests bring cookies along. */
const places = { 'another site': () => `http://localhost:${port}`, 'the same host at another port': () => `http://127.0.0.1:${port}` }

async function email(page: Page): Promise<string | null> {
  return page.evaluate(async () => {
    const answer = await fetch('/api/auth/me')
    return answer.ok ? ((await answer.json()) as { email: string }).email : null
  })
}

const form = (path: string, fields: string, kind = 'application/x-www-form-urlencoded') =>
  `<form id="f" method="post" enctype="${kind}" action="${BASE_URL}${path}">${fields}</form><script>document.getElementById('f').submit()</script>`

it.each(Object.entries(places))('%s changes nothing with a shopper’s cookie', async (_, place) => {
  const ana = newcomer()
  const shopper = await visit()
  const { page } = shopper
  await register(page, ana)
  await settled(page)
  expect(await email(page)).toBe(ana.email)
  // Forms, as any page can send them: without a body, as fields, and as text that reads as JSON.
  pages.set('/logout', form('/api/auth/logout', ''))
  pages.set('/password', form('/api/auth/password', `<input name="new_password" value="another long secret">`))
  pages.set('/json', form('/api/store/me/addresses', `<input name='{"name":"Eve","x":"' value='"}'>`, 'text/plain'))
  pages.set('/sessions', form('/api/auth/sessions', '', 'multipart/form-data'))
  for (const path of ['/logout', '/password', '/json', '/sessions']) {
    const answered = page.waitForResponse((response) => response.url().startsWith(`${BASE_URL}/api/`) && response.request().method() === 'POST')
    await page.goto(`${place()}${path}`, { waitUntil: 'commit' })
    const status = (await answered).status()
    expect([401, 403, 405, 415], `${path} is answered ${status}`).toContain(status)
    await page.waitForLoadState()
  }
  // Scripts, with cookies, also without asking first: what is answered there is kept from whoever asked from elsewhere.
  await page.goto(`${place()}/`)
  const outcomes = await page.evaluate(async (shop) => {
    const ask = async (path: string, init: RequestInit) => {
      try {
        const answer = await fetch(`${shop}${path}`, { credentials: 'include', ...init })
        return answer.type === 'opaque' ? 'opaque' : `read ${answer.status}`
      } catch {
        return 'refused'
      }
    }
    return [
      await ask('/api/auth/me', {}),
      await ask('/api/auth/logout', { method: 'POST' }),
      await ask('/api/auth/logout', { method: 'POST', mode: 'no-cors' }),
      await ask('/api/auth/sessions', { method: 'DELETE' }),
      await ask('/api/store/me/addresses', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }),
    ]
  }, BASE_URL)
  expect(outcomes, 'nothing is read from there').toEqual(Array(5).fill('refused'))
  // She is still who she was, with the password that she had.
  await page.goto(`${BASE_URL}/account/security`)
  await settled(page)
  expect(await email(page)).toBe(ana.email)
  const addresses = await page.evaluate(async () => (await (await fetch('/api/store/me/addresses')).json()) as { items: unknown[] })
  expect(addresses.items).toEqual([])
  const again = await visit()
  await again.page.goto('/account/login')
  await settled(again.page)
  await logIn(again.page, ana)
  await again.page.waitForURL((url) => url.pathname !== '/account/login')
  await again.close()
  await shopper.close()
})

it('no other site shows the shop in a frame of its own', async () => {
  const shopper = await visit()
  pages.set('/frame', `<iframe src="${BASE_URL}/account/login" width="800" height="600"></iframe>`)
  await shopper.page.goto(`${places['another site']()}/frame`)
  await shopper.page.waitForLoadState('networkidle')
  const shown = await Promise.all(shopper.page.frames().map((frame) => frame.locator('[data-testid="log-in"]').count().catch(() => 0)))
  expect(shown.reduce((sum, n) => sum + n, 0)).toBe(0)
  await shopper.close()
})

it('a login leads to a page of the shop, whatever its address says', async () => {
  const ana = newcomer()
  const first = await visit()
  await register(first.page, ana)
  await first.close()
  for (const to of ['https://evil.example/', '//evil.example/', '/\\evil.example/', 'javascript:document.title="taken"', '/%09/evil.example', 'http:evil.example']) {
    const shopper = await visit()
    const { page } = shopper
    const elsewhere: string[] = []
    page.on('request', (request) => {
      if (!request.url().startsWith(BASE_URL) && !request.url().startsWith('data:')) elsewhere.push(request.url())
    })
    await page.goto(`/account/login?to=${encodeURIComponent(to)}`)
    await settled(page)
    await logIn(page, ana)
    await page.waitForURL((url) => url.pathname !== '/account/login')
    await settled(page)
    expect(new URL(page.url()).origin, to).toBe(new URL(BASE_URL).origin)
    expect(elsewhere, to).toEqual([])
    expect(await page.title()).not.toBe('taken')
    await shopper.close()
  }
})

/** Reported by the browser for every thing that a page's policy kept from happening. */
async function watched(page: Page): Promise<() => string[]> {
  const broken: string[] = []
  await page.exposeFunction('policyBroken', (what: string) => broken.push(what))
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const told = `${location.pathname}: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`
      void (window as unknown as { policyBroken: (what: string) => Promise<void> }).policyBroken(told)
    })
  })
  return () => broken
}

it('no page of the shop needs what its policy forbids', async () => {
  const { product } = await productWithVariants()
  const shopper = await visit()
  const { page } = shopper
  const broken = await watched(page)
  const open = async (address: string) => {
    const answer = await page.goto(address)
    const policy = answer?.headers()['content-security-policy'] ?? ''
    expect(policy, address).toContain("default-src 'none'")
    expect(policy, address).not.toContain('unsafe')
    if (address !== '/mail' && address !== '/api/reference') await settled(page)
  }
  for (const address of ['/', '/products', '/products?q=mug', `/products/${product.slug}`, '/cart', '/no/such/page', '/api/reference']) await open(address)
  for (const address of ['/account/login', '/account/register', '/account/forgot', '/account/reset#token=hlt_none', '/account/verify#token=hlt_none']) await open(address)
  await register(page, newcomer())
  await settled(page)
  await orderBy(page, 'tok_success')
  await page.getByTestId('thanks').waitFor()
  await settled(page)
  for (const address of ['/account', '/account/security', '/account/email', '/mail']) await open(address)
  expect(broken()).toEqual([])
  // And it holds: what somebody got into a page does nothing.
  await open('/')
  const taken = await page.evaluate(async () => {
    const script = document.createElement('script')
    try {
      script.textContent = 'window.taken = true'
    } catch { /* Not even a script's text can be set. */ }
    document.body.append(script)
    try {
      document.body.insertAdjacentHTML('beforeend', '<img src="x" onerror="window.taken = true">')
    } catch { /* Nor markup be made of a text. */ }
    const outside = await fetch('https://evil.example/').then(() => true, () => false)
    await new Promise((resolve) => setTimeout(resolve, 300))
    return [(window as unknown as { taken?: boolean }).taken ?? false, outside]
  })
  expect(taken).toEqual([false, false])
  expect(broken().length).toBeGreaterThan(0)
  await shopper.close()
})
