/** Whoever works here and has to set up a second factor first is led there, and not shown what the shop refuses meanwhile. */
import { flushPromises } from '@vue/test-utils'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Component } from 'vue'
import { wantAccountTexts } from '@/lib/i18n'
import AccountView from '@/views/account/AccountView.vue'
import PicturesView from '@/views/account/PicturesView.vue'
import SecurityView from '@/views/account/SecurityView.vue'
import { ana, cartWith, framed, problem, Shop, visit } from './shop'

beforeAll(wantAccountTexts)
beforeEach(() => {
  localStorage.clear()
  document.body.innerHTML = ''
})

const nothing = { totp: null, recovery_codes: 0, passkeys: [], passkeys_available: true }

function shop({ has_password = true } = {}) {
  const refusal = problem(403, 'factor_enrolment_required', { detail: 'POST /api/auth/factors/totp, then log in again' })
  let enrolled = false
  const open = new Shop()
  for (const path of ['auth/identities', 'store/orders', 'store/me/consents', 'admin/products']) {
    open.on(`GET /api/${path}`, () => (enrolled ? [200, { items: [], next_cursor: null, consents: [], history: [] }] : refusal))
  }
  open
    .on('GET /api/auth/me', [200, ana({ kind: 'staff', role: 'owner', permissions: ['catalogue:write'], has_password })])
    .on('GET /api/auth/factors', () => [200, enrolled ? { ...nothing, totp: { enrolled_at: '2026-11-23T10:00:00Z' }, recovery_codes: 1 } : nothing])
    .on('GET /api/auth/providers', [200, { items: [] }])
    .on('GET /api/auth/sessions', [200, { sessions: [] }])
    .on('POST /api/store/carts', [201, cartWith()])
    .on('POST /api/auth/factors/totp', [200, { secret: 'ABCDEFGH', otpauth_uri: 'otpauth://totp/shop' }])
    .on('POST /api/auth/factors/totp/confirm', () => ((enrolled = true), [200, { recovery_codes: ['abcd-efgh'] }]))
  return open.open()
}

async function look(view: Component, address: string) {
  const { page } = await visit(view, address)
  await vi.dynamicImportSettled()
  await flushPromises()
  return page
}

type Page = Awaited<ReturnType<typeof look>>

/** The form of a part of the page, by what its fields are for. */
async function fill(page: Page, part: string, fields: Record<string, string>) {
  for (const [field, text] of Object.entries(fields)) await page.get(`${part} [autocomplete="${field}"]`).setValue(text)
  await page.get(`${part} form`).trigger('submit')
  await vi.dynamicImportSettled()
  await flushPromises()
}

async function press(page: Page, what: string, event = 'click') {
  await page.get(`[data-testid="${what}"]`).trigger(event)
  await vi.dynamicImportSettled()
  await flushPromises()
}

it.each([
  ['the account', AccountView, '/account'],
  ['the pictures', PicturesView, '/account/pictures'],
])('%s leads to where it is set up', async (_, view, address) => {
  shop()
  const page = await look(view, address)
  const first = page.get('[data-testid="enrol-first"]')
  expect(first.text()).toContain('logs in with two factors')
  expect(first.get('a').attributes('href')).toBe('/account/security')
  expect(page.text()).not.toMatch(/Rough seas|\/api\//)
  expect(page.findAll('h1')).toHaveLength(1)
})

it('is told no more once an app is set up', async () => {
  shop()
  const page = await look(SecurityView, '/account/security')
  expect(page.get('[data-testid="enrol-first"]').find('a').exists()).toBe(false)
  expect(page.text()).not.toMatch(/Rough seas|\/api\//)
  await fill(page, '[data-testid="factors"]', { 'current-password': 'three herrings' })
  await fill(page, '[data-testid="factors"]', { 'one-time-code': '123456' })
  await page.get('[data-testid="codes-kept"]').trigger('click')
  await vi.waitFor(() => expect(page.find('[data-testid="enrol-first"]').exists()).toBe(false))
})

it('is told no more once an app is set up beside a passkey, whose recovery codes are good as ever', async () => {
  const key = { id: 'psk_1', name: 'Laptop', created_at: '2026-11-23T10:00:00Z', last_used_at: null }
  const open = shop()
  const page = await look(SecurityView, '/account/security')
  open.on('POST /api/auth/factors/totp/confirm', () => [200, { recovery_codes: [] }])
  for (const path of ['identities', 'factors']) open.on(`GET /api/auth/${path}`, [200, { items: [], ...nothing, totp: { enrolled_at: '2026-11-23T10:00:00Z' }, passkeys: [key], recovery_codes: 9 }])
  await fill(page, '[data-testid="factors"]', { 'current-password': 'three herrings' })
  await fill(page, '[data-testid="factors"]', { 'one-time-code': '123456' })
  await vi.waitFor(() => expect(page.find('[data-testid="enrol-first"]').exists()).toBe(false))
  expect(document.activeElement?.id).toBe('factors-title')
})

describe('whoever logged in before a factor was enrolled elsewhere', () => {
  /** Opens once the factor is shown. */
  function older() {
    let shown = false
    const open = shop()
    const refusal = problem(403, 'factor_enrolment_required')
    for (const path of ['auth/identities', 'store/orders', 'store/me/consents', 'admin/products']) {
      open.on(`GET /api/${path}`, () => (shown ? [200, { items: [], next_cursor: null, consents: [], history: [] }] : refusal))
    }
    return open
      .on('GET /api/auth/factors', [200, { ...nothing, totp: { enrolled_at: '2026-11-23T10:00:00Z' }, recovery_codes: 9 }])
      .on('POST /api/auth/step-up', () => ((shown = true), [200, { mfa_required: false }]))
  }
  const asked = () => document.querySelector<HTMLElement>('[role="dialog"]')

  it.each([
    ['the account', AccountView, '/account', 'No orders yet'],
    ['the pictures', PicturesView, '/account/pictures', 'Pictures of products'],
    ['security', SecurityView, '/account/security', 'An authenticator app is asked for'],
  ])('shows it from %s, and everything opens', async (_, view, address, words) => {
    const open = older()
    const page = await look(framed(view), address)
    const first = page.get('[data-testid="enrol-first"]')
    expect([first.text(), first.find('a').exists()]).toEqual([expect.stringContaining('You have a second factor'), false])
    await first.get('button').trigger('click')
    await vi.waitFor(() => expect(asked()?.querySelector('[data-way="app"] input')).toBeTruthy())
    expect(asked()?.textContent).toContain('Whoever works here shows two factors.')
    const field = asked()?.querySelector<HTMLInputElement>('[data-testid="factor"]')
    field!.value = '123456'
    field!.dispatchEvent(new Event('input'))
    asked()?.querySelector('form')?.dispatchEvent(new Event('submit', { cancelable: true }))
    await vi.waitFor(() => expect(page.find('[data-testid="enrol-first"]').exists()).toBe(false))
    expect(open.asked('POST', /step-up$/).map(({ body }) => body)).toEqual([{ code: '123456' }])
    await vi.waitFor(() => expect(page.text()).toContain(words))
    expect(document.activeElement?.id).toBe('main')
  })

  it('may leave it, and is told as before', async () => {
    older()
    const page = await look(framed(SecurityView), '/account/security')
    const button = page.get<HTMLElement>('[data-testid="show-mine"]')
    button.element.focus()
    await button.trigger('click')
    await vi.waitFor(() => expect(asked()?.querySelector('[data-testid="decline"]')).toBeTruthy())
    asked()?.querySelector<HTMLElement>('[data-testid="decline"]')?.click()
    await vi.waitFor(() => expect(asked()).toBeNull())
    expect([page.find('[data-testid="enrol-first"]').exists(), document.activeElement?.getAttribute('data-testid')]).toEqual([true, 'show-mine'])
  })
})

describe('whoever has no password, since they log in elsewhere', () => {
  const key = { id: 'psk_1', name: 'Laptop', created_at: '2026-11-23T10:00:00Z', last_used_at: null }
  const enrolled = { ...nothing, totp: { enrolled_at: '2026-11-23T10:00:00Z' }, recovery_codes: 9, passkeys: [key] }

  it('sets up an app without one', async () => {
    const open = shop({ has_password: false })
    const page = await look(SecurityView, '/account/security')
    expect(page.find('[autocomplete="current-password"]').exists()).toBe(false)
    expect(page.text()).not.toMatch(/take one first|your password alone/)
    await fill(page, '[data-testid="factors"]', {})
    await fill(page, '[data-testid="factors"]', { 'one-time-code': '123456' })
    expect(page.find('[data-testid="recovery-codes"]').exists()).toBe(true)
    expect(open.asked('POST', /totp$/).map(({ body }) => body)).toEqual([{}])
  })

  it('removes the app, and has new recovery codes made, by a factor alone', async () => {
    const open = shop({ has_password: false })
      .on('GET /api/auth/factors', [200, enrolled])
      .on('POST /api/auth/factors/recovery-codes', [200, { recovery_codes: ['efgh-ijkl'] }])
      .on('POST /api/auth/factors/totp/remove', [204, undefined])
    const page = await look(SecurityView, '/account/security')
    await press(page, 'renew-codes')
    expect(page.find('[autocomplete="current-password"]').exists()).toBe(false)
    await fill(page, '[data-testid="factors"]', { 'one-time-code': '123456' })
    await press(page, 'codes-kept')
    await press(page, 'remove-app')
    await fill(page, '[data-testid="factors"]', { 'one-time-code': 'abcd-efgh' })
    expect(open.asked('POST', /factors/).map(({ body }) => body)).toEqual([{ code: '123456' }, { recovery_code: 'abcd-efgh' }])
    expect(document.activeElement?.id).toBe('factors-title')
  })

  it('adds and removes passkeys, and a key that is pressed twice removes none', async () => {
    class Known {
      static parseRequestOptionsFromJSON = (options: unknown) => options
      static parseCreationOptionsFromJSON = (options: unknown) => options
      toJSON = () => ({ id: 'cred_1' })
    }
    vi.stubGlobal('PublicKeyCredential', Known)
    Object.defineProperty(navigator, 'credentials', { configurable: true, value: { create: async () => new Known() } })
    const open = shop({ has_password: false })
      .on('GET /api/auth/factors', [200, enrolled])
      .on('POST /api/auth/factors/passkeys', [200, { ceremony: 'hcy_1', options: { publicKey: {} } }])
      .on('POST /api/auth/factors/passkeys/confirm', [200, { recovery_codes: [] }])
      .on('POST /api/auth/factors/passkeys/*/remove', [204, undefined])
    const page = await look(SecurityView, '/account/security')
    await press(page, 'add-passkey')
    expect([page.find('[autocomplete="current-password"]').exists(), document.activeElement?.getAttribute('data-testid')]).toEqual([false, 'passkey-name'])
    await press(page, 'passkey-go', 'submit')
    await press(page, 'remove-passkey')
    expect(document.activeElement?.getAttribute('data-testid')).toBe('cancel')
    await press(page, 'cancel')
    expect(open.asked('POST', /remove$/)).toEqual([])
    await press(page, 'remove-passkey')
    await press(page, 'passkey-go', 'submit')
    expect(open.asked('POST', /passkeys(\/psk_1\/remove)?$/).map(({ body }) => body)).toEqual([{}, {}])
  })

  it('logs in there again first where that was too long ago', async () => {
    shop({ has_password: false })
      .on('GET /api/auth/providers', [200, { items: [{ id: 'kontor', label: 'Kontor ID' }] }])
      .on('POST /api/auth/factors/totp', problem(403, 'step_up_required'))
    const page = await look(framed(SecurityView), '/account/security')
    await fill(page, '[data-testid="factors"]', {})
    await vi.waitFor(() => expect(document.querySelector('[role="dialog"] [data-provider]')?.getAttribute('href')).toBe('/api/auth/oauth/kontor/start?return_to=%2Faccount%2Fsecurity'))
  })

  it('is asked for the one that they took meanwhile, elsewhere', async () => {
    const open = shop({ has_password: false })
      .on('POST /api/auth/factors/totp', problem(422, 'validation', { errors: [{ field: 'current_password', code: 'required', message: '' }] }))
    const page = await look(SecurityView, '/account/security')
    open.on('GET /api/auth/me', [200, ana({ kind: 'staff', role: 'owner' })])
    await fill(page, '[data-testid="factors"]', {})
    const field = page.get('[data-testid="factors"] [autocomplete="current-password"]')
    expect([document.activeElement, page.get('[data-testid="factors"]').text()]).toEqual([field.element, expect.stringContaining('Please enter your password.')])
  })
})
