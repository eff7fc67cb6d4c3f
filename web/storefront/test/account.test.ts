/** The account's pages and who is logged in, against a shop that answers from a table. */
import { flushPromises } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createApp } from 'vue'
import { PiniaColada } from '@pinia/colada'
import { wantAccountTexts } from '@/lib/i18n'
import { useAccount } from '@/stores/account'
import { useCart } from '@/stores/cart'
import AccountView from '@/views/account/AccountView.vue'
import EmailView from '@/views/account/EmailView.vue'
import LoginView from '@/views/account/LoginView.vue'
import CheckoutView from '@/views/CheckoutView.vue'
import OrderView from '@/views/OrderView.vue'
import RegisterView from '@/views/account/RegisterView.vue'
import SecurityView from '@/views/account/SecurityView.vue'
import { ana, cartWith, orderLine, orderWith, problem, sessionWith, Shop, visit } from './shop'

beforeAll(wantAccountTexts)
beforeEach(() => {
  localStorage.clear()
  document.body.innerHTML = ''
})

/** A shop that knows Ana, logged in from the start or from her login on. */
function shop({ loggedIn }: { loggedIn: boolean }) {
  let session = loggedIn
  return new Shop()
    .on('GET /api/auth/me', () => (session ? [200, ana()] : problem(401, 'unauthenticated')))
    .on('POST /api/auth/login', () => ((session = true), [200, { mfa_required: false }]))
    .on('POST /api/auth/logout', () => ((session = false), [204, undefined]))
    .on('POST /api/store/carts', [201, cartWith({ id: 'cart_new', items: [] })])
    .on('GET /api/store/carts/*', [200, cartWith()])
    .on('GET /api/store/orders', [200, { items: [], next_cursor: null }])
    .on('GET /api/store/me/consents', [200, { consents: [], history: [] }])
    .on('GET /api/auth/providers', [200, { items: [] }])
    .on('GET /api/auth/factors', [200, { totp: null, recovery_codes: 0, passkeys: [], passkeys_available: false }])
    .on('GET /api/auth/identities', [200, { items: [] }])
    .open()
}

function account() {
  const app = createApp({})
  const pinia = createPinia()
  app.use(pinia).use(PiniaColada)
  setActivePinia(pinia)
  return useAccount()
}

describe('who is logged in', () => {
  it('is not asked for people who never logged in here', async () => {
    const { calls } = shop({ loggedIn: false })
    await account().recall()
    expect(calls).toEqual([])
  })

  it('is asked once for all who want to know, and remembered', async () => {
    const open = shop({ loggedIn: true })
    const store = account()
    await Promise.all([store.load(), store.load()])
    expect(open.asked('GET', /me$/)).toHaveLength(1)
    expect([store.me?.name, localStorage.getItem('hanse.account')]).toEqual(['Ana Lund', '1'])
  })

  it('leaves nothing behind when a session is over', async () => {
    localStorage.setItem('hanse.account', '1')
    localStorage.setItem('hanse.cart', 'cart_1')
    localStorage.setItem('hanse.orders', '{"ord_1":"secret"}')
    shop({ loggedIn: false })
    const store = account()
    await store.recall()
    expect(store.known).toBe(false)
    expect(localStorage.length).toBe(0)
  })

  it('does not take a shop in trouble for a logout, nor a guest’s things for a customer’s', async () => {
    localStorage.setItem('hanse.account', '1')
    const open = shop({ loggedIn: true }).on('GET /api/auth/me', problem(503, 'unavailable'))
    const store = account()
    await store.recall()
    expect([store.known, store.failure]).toMatchObject([true, { status: 503 }])
    localStorage.clear()
    localStorage.setItem('hanse.cart', 'cart_1')
    open.on('GET /api/auth/me', problem(401, 'unauthenticated'))
    await account().load()
    expect(localStorage.getItem('hanse.cart')).toBe('cart_1')
  })

  it('follows what happens in another tab', async () => {
    shop({ loggedIn: true })
    const store = account()
    const elsewhere = (newValue: string | null) => window.dispatchEvent(new StorageEvent('storage', { key: 'hanse.account', newValue }))
    elsewhere('1')
    await vi.waitFor(() => expect(store.me?.name).toBe('Ana Lund'))
    localStorage.setItem('hanse.orders', '{"ord_1":"secret"}')
    elsewhere(null)
    expect([store.known, store.me, localStorage.getItem('hanse.orders')]).toEqual([false, null, null])
  })

  it('is where mail about an order goes, unless the shopper says otherwise', async () => {
    localStorage.setItem('hanse.account', '1')
    localStorage.setItem('hanse.cart', 'cart_1')
    const open = shop({ loggedIn: true }).on('GET /api/store/carts/*', [200, cartWith({ email: null })])
    const { page } = await visit(CheckoutView, '/checkout')
    await Promise.all([useAccount().recall(), useCart().load()])
    await flushPromises()
    expect(page.get<HTMLInputElement>('input[type="email"]').element.value).toBe('ana@example.org')
    expect(page.text()).not.toContain('Have an account?')
    page.unmount()
    open.on('GET /api/store/carts/*', [200, cartWith({ email: 'gift@example.org' })])
    const other = await visit(CheckoutView, '/checkout')
    await Promise.all([useAccount().recall(), useCart().load()])
    await flushPromises()
    expect(other.page.get<HTMLInputElement>('input[type="email"]').element.value).toBe('gift@example.org')
  })

  it('takes the guest’s cart along, or comes to an earlier one by an empty cart of a guest', async () => {
    const open = shop({ loggedIn: false })
    localStorage.setItem('hanse.cart', 'cart_1')
    await account().logIn('ana@example.org', 'a long password')
    expect(open.asked('GET', /carts/).map(({ path }) => path)).toEqual(['/api/store/carts/cart_1'])
    expect(open.asked('POST', /carts$/)).toEqual([])

    localStorage.clear()
    await account().logIn('ana@example.org', 'a long password')
    expect(open.asked('POST', /carts$/)[0]?.credentials).toBe('omit')
    expect(open.asked('GET', /carts/).at(-1)?.path).toBe('/api/store/carts/cart_new')
    expect(useCart().id).toBe('cart_1')
  })
})

describe('login', () => {
  async function logIn(address: string, open: Shop) {
    const visited = await visit(LoginView, address)
    await visited.page.get('[autocomplete="username"]').setValue(' ana@example.org ')
    await visited.page.get('[autocomplete="current-password"]').setValue('a long password')
    await visited.page.get('form').trigger('submit')
    await flushPromises()
    return { ...visited, asked: open.asked('POST', /login$/) }
  }

  it('asks for a cookie and goes back to where the visitor came from', async () => {
    const { router, asked } = await logIn('/account/login?to=/checkout?a=b', shop({ loggedIn: false }))
    expect(asked.map(({ body }) => body)).toEqual([{ email: 'ana@example.org', password: 'a long password', transport: 'cookie' }])
    expect(router.currentRoute.value.fullPath).toBe('/checkout?a=b')
  })

  it('never leaves the shop', async () => {
    const { router } = await logIn('/account/login?to=//evil.example', shop({ loggedIn: false }))
    expect(router.currentRoute.value.fullPath).toBe('/account')
  })

  it('says the same of a wrong address and a wrong password', async () => {
    const open = shop({ loggedIn: false }).on('POST /api/auth/login', problem(401, 'wrong_credentials'))
    const { page, router } = await logIn('/account/login', open)
    expect(page.get('[role="alert"]').text()).toBe('The email address or the password is wrong.')
    expect(router.currentRoute.value.name).toBe('login')
  })

  it('says how long to wait after too many attempts, and offers a new password', async () => {
    const [status, body] = problem(429, 'rate_limited') as [number, unknown]
    const open = shop({ loggedIn: false }).on('POST /api/auth/login', [status, body, { 'Retry-After': '121' }])
    const { page } = await logIn('/account/login', open)
    expect(page.get('[role="alert"]').text()).toContain('try again in 3 minutes')
    expect(page.get('[role="alert"] a').attributes('href')).toBe('/account/forgot')
  })

  it('sends nothing that cannot be right', async () => {
    const open = shop({ loggedIn: false })
    const { page } = await visit(LoginView, '/account/login')
    await page.get('form').trigger('submit')
    await flushPromises()
    expect(open.asked('POST', /./)).toEqual([])
    expect(document.activeElement?.getAttribute('autocomplete')).toBe('username')
  })

  it('has nothing to do for whoever is logged in', async () => {
    localStorage.setItem('hanse.account', '1')
    shop({ loggedIn: true })
    const { router } = await visit(LoginView, '/account/login')
    expect(router.currentRoute.value.name).toBe('account')
  })
})

describe('registration', () => {
  async function register(open: Shop, password = 'a long password') {
    open.on('POST /api/auth/register', [201, { user_id: 'usr_1' }])
    const visited = await visit(RegisterView, '/account/register?to=/checkout')
    await visited.page.get('[autocomplete="name"]').setValue('Ana Lund')
    await visited.page.get('[autocomplete="username"]').setValue('ana@example.org')
    await visited.page.get('[autocomplete="new-password"]').setValue(password)
    await visited.page.get('form').trigger('submit')
    await flushPromises()
    return visited
  }

  it('logs in at once', async () => {
    const open = shop({ loggedIn: false })
    const { router } = await register(open)
    expect(open.asked('POST', /register$/)[0]?.body).toEqual({ name: 'Ana Lund', email: 'ana@example.org', password: 'a long password' })
    expect(router.currentRoute.value.path).toBe('/checkout')
  })

  it('of an address that has an account says no more than that a mail was sent', async () => {
    const { page } = await register(shop({ loggedIn: false }).on('POST /api/auth/login', problem(401, 'wrong_credentials')))
    expect(page.get('[role="status"]').text()).toContain('Please look into your mail')
    expect(page.find('form').exists()).toBe(false)
    expect(page.text()).not.toMatch(/wrong|already exists/)
  })

  it('names what is wrong with a password, before it is sent and after', async () => {
    const open = shop({ loggedIn: false })
    const { page } = await register(open, 'too short')
    expect(open.asked('POST', /register$/)).toEqual([])
    expect(page.text()).toContain('Please take at least 10 characters.')
    open.on('POST /api/auth/register', problem(422, 'validation', { errors: [{ field: 'password', code: 'common', message: '' }] }))
    await page.get('[autocomplete="new-password"]').setValue('password123')
    await page.get('form').trigger('submit')
    await flushPromises()
    expect(page.text()).toContain('Everybody tries this one first.')
    expect(document.activeElement?.getAttribute('autocomplete')).toBe('new-password')
  })
})

describe('the account', () => {
  it('is asked for even where nobody is remembered, and leads others to the login and back', async () => {
    shop({ loggedIn: false })
    const { router } = await visit(AccountView, '/account')
    expect(router.currentRoute.value.fullPath).toBe('/account/login?to=/account')
    shop({ loggedIn: true })
    expect((await visit(AccountView, '/account')).page.get('h1').text()).toBe('Hello, Ana Lund')
  })

  it('says what failed instead of logging out', async () => {
    const open = shop({ loggedIn: true }).on('GET /api/auth/me', problem(503, 'unavailable'))
    const { page } = await visit(AccountView, '/account')
    open.on('GET /api/auth/me', [200, ana()])
    await page.get('[role="alert"] button').trigger('click')
    await flushPromises()
    expect(page.get('h1').text()).toBe('Hello, Ana Lund')
  })

  it('lists the orders and appends earlier ones', async () => {
    shop({ loggedIn: true }).on('GET /api/store/orders', ({ path }) =>
      path.includes('cursor=c2')
        ? [200, { items: [orderLine('H-1')], next_cursor: null }]
        : [200, { items: [orderLine('H-3'), orderLine('H-2')], next_cursor: 'c2' }],
    )
    const { page } = await visit(AccountView, '/account')
    await page.get('[data-testid="more-orders"]').trigger('click')
    await flushPromises()
    expect(page.findAll('[data-testid="own-order"] a').map((link) => link.text())).toEqual(['Order H-3', 'Order H-2', 'Order H-1'])
    expect(page.find('[data-testid="more-orders"]').exists()).toBe(false)
    expect(document.activeElement?.textContent).toContain('H-1')
  })

  it('sends the mail again to an address that is not confirmed', async () => {
    const open = shop({ loggedIn: true }).on('GET /api/auth/me', [200, ana({ email_verified: false })])
    open.on('POST /api/auth/email/verification', [202, undefined])
    const { page } = await visit(AccountView, '/account')
    await page.get('[data-testid="verify-again"]').trigger('click')
    await flushPromises()
    expect(open.asked('POST', /verification$/)).toHaveLength(1)
    expect(page.text()).toContain('The mail is on its way')
  })

  it('logs out and forgets', async () => {
    localStorage.setItem('hanse.cart', 'cart_1')
    shop({ loggedIn: true })
    const { page, router } = await visit(AccountView, '/account')
    await page.get('[data-testid="log-out"]').trigger('click')
    await flushPromises()
    await vi.waitFor(() => expect(router.currentRoute.value.fullPath).toBe('/account/login'))
    expect(localStorage.length).toBe(0)
  })

  it('asks whether to write about goods, and keeps to what the shop knows', async () => {
    const word = { purpose: 'marketing', granted: true, wording: 'news-1', place: 'account', at: '2026-11-29T10:00:00Z' }
    const open = shop({ loggedIn: true }).on('PUT /api/store/me/consents', problem(503, 'unavailable'))
    const { page } = await visit(AccountView, '/account')
    const box = () => page.get<HTMLInputElement>('[data-testid="news"]')
    expect(box().element.checked).toBe(false)
    await box().setValue(true)
    await flushPromises()
    expect([box().element.checked, page.find('[role="alert"]').exists()]).toEqual([false, true])
    open.on('PUT /api/store/me/consents', [200, { consents: [word], history: [word] }])
    await box().setValue(true)
    await flushPromises()
    expect(box().element.checked).toBe(true)
  })

  it('is deleted for good by whoever was told what goes and what stays', async () => {
    localStorage.setItem('hanse.cart', 'cart_1')
    const open = shop({ loggedIn: true }).on('POST /api/store/me/erase', problem(503, 'unavailable'))
    const { page, router } = await visit(AccountView, '/account')
    const press = async (what: string) => {
      await page.get(`[data-testid="${what}"]`).trigger('click')
      await flushPromises()
    }
    await press('ask-erasure')
    expect(document.activeElement?.getAttribute('role'), 'a key that is pressed twice deletes nothing').toBe('group')
    expect(document.activeElement?.textContent).toMatch(/carts are deleted.*Orders stay/s)
    await press('keep')
    expect(document.activeElement?.getAttribute('data-testid')).toBe('ask-erasure')
    expect(open.asked('POST', /erase$/)).toEqual([])
    await press('ask-erasure')
    await press('erase')
    expect(page.get('[role="alert"]').text()).toContain('trouble answering')
    expect(page.get('h1').text()).toBe('Hello, Ana Lund')
    open.on('POST /api/store/me/erase', [202, undefined])
    await press('erase')
    await vi.waitFor(() => expect(router.currentRoute.value.fullPath).toBe('/account/login'))
    expect(open.asked('POST', /erase$/).map(({ body }) => body)).toEqual([{}, {}])
    expect(open.asked('POST', /logout$/)).toHaveLength(1)
    expect(localStorage.length).toBe(0)
  })

  it('of somebody who works here is not theirs to delete', async () => {
    shop({ loggedIn: true }).on('GET /api/auth/me', [200, ana({ kind: 'staff', role: 'support' })])
    const { page } = await visit(AccountView, '/account')
    expect(page.find('[data-testid="ask-erasure"]').exists()).toBe(false)
    expect(page.text()).toContain('ended by the owner')
  })

  it('tells all that is held as a file, or why not', async () => {
    const saved: Blob[] = []
    URL.createObjectURL = (blob) => (saved.push(blob as Blob), 'blob:1')
    const data = { format: 'hanse.personal-data.v1', person: 'usr_1', made_at: '2026-11-29T10:00:00Z', held: { auth: { account: [{}] } } }
    const open = shop({ loggedIn: true }).on('POST /api/store/me/export', problem(503, 'unavailable'))
    const { page } = await visit(AccountView, '/account')
    const download = async () => {
      await page.get('[data-testid="download-data"]').trigger('click')
      await flushPromises()
    }
    await download()
    expect([saved.length, page.find('[role="alert"]').exists()]).toEqual([0, true])
    open.on('POST /api/store/me/export', [200, data])
    await download()
    expect(JSON.parse(await saved[0]!.text())).toEqual(data)
  })

  it('is the key to its orders, and the way to one that is locked', async () => {
    const open = new Shop().on('GET /api/store/orders/*', problem(401, 'unauthenticated')).open()
    const { page } = await visit(OrderView, '/orders/ord_1', { id: 'ord_1' })
    expect(page.get('.hs-button-primary').attributes('href')).toBe('/account/login?to=/orders/ord_1')
    open.on('GET /api/store/orders/*', [200, orderWith()])
    const opened = await visit(OrderView, '/orders/ord_1', { id: 'ord_1' })
    expect(open.calls.at(-1)?.headers.has('Authorization')).toBe(false)
    expect(opened.page.get('h1').text()).toBe('Order H-10001')
  })
})

describe('a provider of logins', () => {
  const providers = [200, { items: [{ id: 'kontor', label: 'Kontor ID' }] }] as [number, unknown]
  const identity = { id: 'idn_1', provider: 'kontor', label: 'Kontor ID', linked_at: '2026-11-23T10:00:00Z', last_login_at: null }

  it('is offered with the way back, and whoever comes back from it gets the cart', async () => {
    const open = shop({ loggedIn: true }).on('GET /api/auth/providers', providers)
    const { page } = await visit(LoginView, '/account/login?to=/cart')
    const button = page.get('[data-provider="kontor"]')
    expect(button.attributes('href')).toBe('/api/auth/oauth/kontor/start?return_to=%2Fcart')
    expect(button.attributes('aria-label')).toBe('Log in with Kontor ID')
    button.element.addEventListener('click', (event) => event.preventDefault())
    await button.trigger('click')
    await account().recall()
    expect(open.asked('GET', /me$/)).toHaveLength(1)
    expect(open.asked('POST', /carts$/)).toHaveLength(1)
    expect(localStorage.getItem('hanse.errand')).toBeNull()
  })

  it.each([
    ['refused=unverified&provider=kontor', 'It has not confirmed your email address.'],
    ['refused=nonsense&provider=kontor', 'Please try again'],
  ])('says why it let nobody in (%s)', async (query, text) => {
    shop({ loggedIn: false }).on('GET /api/auth/providers', providers)
    const { page } = await visit(LoginView, `/account/login?${query}`)
    expect(page.get('[role="alert"]').text()).toContain(text)
  })

  it('is named by the shop alone, not by the address', async () => {
    shop({ loggedIn: false }).on('GET /api/auth/providers', providers)
    const { page } = await visit(LoginView, '/account/login?refused=expired&provider=Evil')
    expect(page.find('[role="alert"]').exists()).toBe(false)
  })

  it('stays while it is the last way in, and somebody without a password may take one', async () => {
    const open = shop({ loggedIn: true })
      .on('GET /api/auth/me', [200, ana({ has_password: false })])
      .on('GET /api/auth/sessions', [200, { sessions: [] }])
      .on('GET /api/auth/providers', providers)
      .on('GET /api/auth/identities', [200, { items: [identity] }])
      .on('DELETE /api/auth/identities/*', problem(409, 'last_way_in'))
      .on('POST /api/auth/password/forgot', [202, undefined])
    const { page } = await visit(SecurityView, '/account/security')
    await vi.dynamicImportSettled()
    await flushPromises()
    await page.get('[data-testid="identity"] button').trigger('click')
    await flushPromises()
    expect(page.get('[role="alert"]').text()).toContain('take a password first')
    expect(page.find('[data-testid="change-password"]').exists()).toBe(false)
    await page.get('[data-testid="take-password"]').trigger('click')
    await flushPromises()
    expect(open.asked('POST', /forgot$/)[0]?.body).toEqual({ email: 'ana@example.org' })
  })
})

describe('security', () => {
  const here = sessionWith('ses_here', { current: true, device: 'Chrome on Linux' })
  function safe(sessions = [here, sessionWith('ses_old'), sessionWith('ses_api', { device: null, transport: 'token' })]) {
    let live = sessions
    const keep = (some: typeof live) => ((live = some), [204, undefined] as [number, unknown])
    return shop({ loggedIn: true })
      .on('GET /api/auth/sessions', () => [200, { sessions: live }])
      .on('DELETE /api/auth/sessions/*', ({ path }) => keep(live.filter(({ id }) => !path.endsWith(id))))
      .on('DELETE /api/auth/sessions', () => keep(live.filter(({ current }) => current)))
  }
  const devices = (page: Awaited<ReturnType<typeof visit>>['page']) => page.findAll('[data-testid="session"] .font-semibold').map((name) => name.text())

  it('ends one session or all others', async () => {
    const open = safe()
    const { page } = await visit(SecurityView, '/account/security')
    expect(devices(page)).toEqual(['Chrome on Linux', 'Firefox on Linux', 'A program'])
    await page.findAll('[data-testid="session"] button')[1]?.trigger('click')
    await flushPromises()
    expect(open.asked('DELETE', /sessions/).map(({ path }) => path)).toEqual(['/api/auth/sessions/ses_old'])
    expect(devices(page)).toEqual(['Chrome on Linux', 'A program'])
    await page.get('[data-testid="end-others"]').trigger('click')
    await flushPromises()
    expect(devices(page)).toEqual(['Chrome on Linux'])
    expect(page.find('[data-testid="end-others"]').exists()).toBe(false)
  })

  it('takes one that is over already for ended', async () => {
    safe().on('DELETE /api/auth/sessions/*', problem(404, 'not_found'))
    const { page } = await visit(SecurityView, '/account/security')
    await page.findAll('[data-testid="session"] button')[1]?.trigger('click')
    await flushPromises()
    expect(page.find('[role="alert"]').exists()).toBe(false)
  })

  it('logs out when its own session is ended', async () => {
    const open = safe()
    const { page, router } = await visit(SecurityView, '/account/security')
    await page.get('[data-testid="session"] button').trigger('click')
    await flushPromises()
    expect(open.asked('POST', /logout$/)).toHaveLength(1)
    await vi.waitFor(() => expect(router.currentRoute.value.fullPath).toBe('/account/login'))
  })

  it('changes the password, and stays logged in when the old one is wrong', async () => {
    const open = safe().on('POST /api/auth/password', problem(401, 'wrong_credentials'))
    const { page } = await visit(SecurityView, '/account/security')
    const form = page.get('[aria-labelledby="password-title"] form')
    const fill = async () => {
      await form.get('[autocomplete="current-password"]').setValue('the old password')
      await form.get('[autocomplete="new-password"]').setValue('the new password')
      await form.trigger('submit')
      await flushPromises()
    }
    await fill()
    expect(form.get('[autocomplete="current-password"]').attributes('aria-invalid')).toBe('true')
    expect(open.asked('GET', /me$/)).toHaveLength(1)
    open.on('POST /api/auth/password', [204, undefined])
    await fill()
    expect(open.asked('POST', /password$/).at(-1)?.body).toEqual({ current_password: 'the old password', password: 'the new password' })
    expect(page.text()).toContain('Your new password is saved')
    expect(open.asked('GET', /sessions$/)).toHaveLength(2)
  })

  it('leads to the login when the session is over', async () => {
    let over = false
    safe()
      .on('GET /api/auth/me', () => (over ? problem(401, 'unauthenticated') : [200, ana()]))
      .on('POST /api/auth/email/change', () => ((over = true), problem(401, 'unauthenticated')))
    const { page, router } = await visit(SecurityView, '/account/security')
    const form = page.get('[aria-labelledby="email-title"] form')
    await form.get('[autocomplete="email"]').setValue('new@example.org')
    await form.get('[autocomplete="current-password"]').setValue('the password')
    await form.trigger('submit')
    await flushPromises()
    expect(router.currentRoute.value.fullPath).toBe('/account/login?to=/account/security')
  })

  it('has a link mailed to another address, which counts once it is followed', async () => {
    const open = safe().on('POST /api/auth/email/change', [202, undefined]).on('POST /api/auth/email/confirm', [204, undefined])
    const { page } = await visit(SecurityView, '/account/security')
    const form = page.get('[aria-labelledby="email-title"] form')
    await form.trigger('submit')
    expect(open.asked('POST', /change$/)).toEqual([])
    await form.get('[autocomplete="email"]').setValue('new@example.org')
    await form.get('[autocomplete="current-password"]').setValue('the password')
    await form.trigger('submit')
    await flushPromises()
    expect(open.asked('POST', /change$/)[0]?.body).toEqual({ current_password: 'the password', email: 'new@example.org' })
    expect(page.text()).toContain('Please look into the mail of the new address')

    const link = await visit(EmailView, '/account/email#token=hlt_1')
    expect(link.router.currentRoute.value.hash).toBe('')
    await link.page.get('form').trigger('submit')
    await flushPromises()
    expect(open.asked('POST', /confirm$/)[0]?.body).toEqual({ token: 'hlt_1' })
    expect(link.page.text()).toContain('Your new address counts from now on')
  })

  it('says that a link is spent', async () => {
    safe().on('POST /api/auth/email/confirm', problem(410, 'link_invalid'))
    const { page } = await visit(EmailView, '/account/email#token=hlt_1')
    await page.get('form').trigger('submit')
    await flushPromises()
    expect(page.text()).toContain('This link is not good any more')
  })
})
