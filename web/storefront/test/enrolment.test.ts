/** Whoever works here and has to set up a second factor first is led there, and not shown what the shop refuses meanwhile. */
import { flushPromises } from '@vue/test-utils'
import { beforeAll, beforeEach, expect, it, vi } from 'vitest'
import type { Component } from 'vue'
import { wantAccountTexts } from '@/lib/i18n'
import AccountView from '@/views/account/AccountView.vue'
import PicturesView from '@/views/account/PicturesView.vue'
import SecurityView from '@/views/account/SecurityView.vue'
import { ana, cartWith, problem, Shop, visit } from './shop'

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
  const send = async (field: string, text: string) => {
    await page.get(`[data-testid="factors"] ${field}`).setValue(text)
    await page.get('[data-testid="factors"] form').trigger('submit')
    await vi.dynamicImportSettled()
    await flushPromises()
  }
  await send('[autocomplete="current-password"]', 'three herrings')
  await send('[data-testid="factor"]', '123456')
  await page.get('[data-testid="codes-kept"]').trigger('click')
  await vi.waitFor(() => expect(page.find('[data-testid="enrol-first"]').exists()).toBe(false))
})

it('is sent for a password first where there is none to set one up with', async () => {
  shop({ has_password: false })
  const page = await look(SecurityView, '/account/security')
  expect(page.get('[data-testid="factors"]').text()).toContain('take one first')
  expect(page.find('[data-testid="begin-app"]').exists()).toBe(false)
  expect(page.find('[data-testid="take-password"]').exists()).toBe(true)
})
