/** What is hard to undo wants somebody who showed who they are a moment ago: the question, against a shop that answers from a table. */
import { PiniaColada } from '@pinia/colada'
import { flushPromises } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createApp } from 'vue'
import { ApiProblem, type Me } from '@hanse/api'
import { chooseLocale, wantAccountTexts } from '@/lib/i18n'
import { useAccount } from '@/stores/account'
import { Declined, useStepUp } from '@/stores/step-up'
import AccountView from '@/views/account/AccountView.vue'
import SecurityView from '@/views/account/SecurityView.vue'
import { ana, cartWith, framed, problem, Shop, visit } from './shop'

vi.mock('@/lib/i18n', async (load) => {
  const real = await load<typeof import('@/lib/i18n')>()
  return { ...real, wantAccountTexts: vi.fn(real.wantAccountTexts) }
})
beforeAll(() => wantAccountTexts())
beforeEach(async () => {
  localStorage.clear()
  document.body.innerHTML = ''
  await chooseLocale('en')
})

const key = { id: 'psk_1', name: 'Laptop', created_at: '2026-11-23T10:00:00Z', last_used_at: null }
const app = { totp: { enrolled_at: '2026-11-23T10:00:00Z' }, recovery_codes: 9, passkeys: [], passkeys_available: true }
const passkeys = { totp: null, recovery_codes: 9, passkeys: [key], passkeys_available: true }
const nothing = { totp: null, recovery_codes: 0, passkeys: [], passkeys_available: true }

const wantsCode = problem(422, 'validation', { errors: [{ field: 'code', code: 'required', message: '' }] })

/** Its session is of long ago, until somebody shows what is right. */
function shop({ me = ana(), factors = nothing as object, right = {} as object } = {}) {
  let recent = false
  return new Shop()
    .on('GET /api/auth/me', [200, me satisfies Me])
    .on('GET /api/auth/factors', [200, factors])
    .on('GET /api/auth/providers', [200, { items: [{ id: 'kontor', label: 'Kontor ID' }, { id: 'other', label: 'Other' }] }])
    .on('GET /api/auth/identities', [200, { items: [] }])
    .on('GET /api/auth/sessions', [200, { sessions: [] }])
    .on('GET /api/store/carts/*', [200, cartWith()])
    .on('POST /api/store/carts', [201, cartWith()])
    .on('GET /api/store/orders', [200, { items: [], next_cursor: null }])
    .on('GET /api/store/me/consents', [200, { consents: [], history: [] }])
    .on('POST /api/auth/logout', [204, undefined])
    .on('POST /api/store/me/erase', () => (recent ? [202, undefined] : problem(403, 'step_up_required')))
    .on('POST /api/auth/step-up', ({ body }) => {
      recent = JSON.stringify(body) === JSON.stringify(right)
      const code = 'current_password' in (body as object) ? 'wrong_credentials' : 'wrong_code'
      return recent ? [200, { mfa_required: false }] : problem(401, code)
    })
    .open()
}

/** A browser that knows passkeys, with a device that shows one. */
function knowPasskeys() {
  class Known {
    static parseRequestOptionsFromJSON = (options: unknown) => options
    toJSON = () => ({ id: 'cred_1' })
  }
  vi.stubGlobal('PublicKeyCredential', Known)
  const get = vi.fn().mockResolvedValue(new Known())
  Object.defineProperty(navigator, 'credentials', { configurable: true, value: { get } })
  return get
}

async function eraseAccount() {
  const visited = await visit(framed(AccountView), '/account')
  await visited.page.get('[data-testid="ask-erasure"]').trigger('click')
  const erase = visited.page.get<HTMLElement>('[data-testid="erase"]')
  const press = async () => {
    erase.element.focus()
    await erase.trigger('click')
    await vi.waitFor(() => expect(find('[role="dialog"] form')).not.toBeNull())
    await flushPromises()
  }
  await press()
  return { ...visited, press }
}

const find = (selector: string) => document.querySelector<HTMLElement>(selector)
const dialog = () => find('[role="dialog"]')
const way = () => find('[data-testid="step-up"]')?.getAttribute('data-way')
const field = () => find('[data-testid="step-up"] input:not([hidden])') as HTMLInputElement
async function click(selector: string) {
  find(selector)?.click()
  await flushPromises()
}
async function show(text: string) {
  field().value = text
  field().dispatchEvent(new Event('input'))
  find('[data-testid="step-up"]')?.dispatchEvent(new Event('submit', { cancelable: true }))
  await flushPromises()
}

describe('whoever showed long ago who they are', () => {
  it('shows the password where that is all they have, and what was begun goes on', async () => {
    const open = shop({ right: { current_password: 'three herrings' } })
    const { router } = await eraseAccount()
    expect([way(), document.activeElement]).toEqual(['password', field()])
    expect(dialog()?.getAttribute('aria-labelledby')).toBeTruthy()
    await show('')
    expect(dialog()?.textContent).toContain('Please enter your password.')
    await show('four herrings')
    expect(dialog()?.textContent).toContain('This password is wrong.')
    expect([document.activeElement, field().getAttribute('aria-invalid')]).toEqual([field(), 'true'])
    await show('three herrings')
    await vi.waitFor(() => expect(router.currentRoute.value.name).toBe('login'))
    expect(open.asked('POST', /step-up$/).map(({ body }) => body)).toEqual([{ current_password: 'four herrings' }, { current_password: 'three herrings' }])
    expect(open.asked('POST', /erase$/)).toHaveLength(2)
    await vi.waitFor(() => expect(dialog()).toBeNull())
  })

  it('shows a code of the app, or a recovery code', async () => {
    const open = shop({ factors: app, right: { recovery_code: 'abcd-efgh' } })
    const { router } = await eraseAccount()
    expect(way()).toBe('app')
    await show('123 456')
    expect(dialog()?.textContent).toContain('This code is wrong')
    await click('[data-testid="other-way"]')
    expect([way(), document.activeElement, field().value]).toEqual(['recovery', field(), ''])
    await show('abcd-efgh')
    await vi.waitFor(() => expect(router.currentRoute.value.name).toBe('login'))
    expect(open.asked('POST', /step-up$/).map(({ body }) => body)).toEqual([{ code: '123456' }, { recovery_code: 'abcd-efgh' }])
  })

  it('never reads their password in the field of a code, which is asked for since an app was enrolled elsewhere', async () => {
    const open = shop()
    await eraseAccount()
    open.on('GET /api/auth/factors', [200, app]).on('POST /api/auth/step-up', wantsCode)
    await show('three herrings')
    await vi.waitFor(() => expect(way()).toBe('app'))
    expect([field().value, document.activeElement]).toEqual(['', field()])
    expect(dialog()?.textContent, 'why it is asked').toContain('Please enter a code.')
  })

  it.each([
    ['of a password', nothing, 'This password is wrong.'],
    ['of a code', app, 'This code is wrong'],
    ['of a passkey', passkeys, 'Something went wrong.'],
  ])('is told something also where the shop refuses a field %s', async (_, factors, words) => {
    knowPasskeys()
    shop({ factors }).on('POST /api/auth/step-up', wantsCode).on('POST /api/auth/factors/passkeys/ask', [200, { ceremony: 'hcy_1', options: { publicKey: {} } }])
    await eraseAccount()
    if (way() === 'passkey') await click('[data-testid="prove"]')
    else await show('three herrings')
    expect(dialog()?.textContent).toContain(words)
    expect(dialog()?.contains(document.activeElement)).toBe(true)
  })

  it('would rather not, and finds the page as it was', async () => {
    const open = shop()
    const { page, press } = await eraseAccount()
    await click('[data-testid="decline"]')
    await vi.waitFor(() => expect(dialog()).toBeNull())
    expect(page.find('[role="alert"]').exists()).toBe(false)
    expect(document.activeElement?.getAttribute('data-testid')).toBe('erase')
    expect([open.asked('POST', /erase$/).length, open.asked('POST', /step-up$/).length]).toEqual([1, 0])
    await press()
    document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))
    await vi.waitFor(() => expect(dialog()).toBeNull())
    expect(document.activeElement?.getAttribute('data-testid')).toBe('erase')
  })

  it('shows a passkey where the browser knows them, and else a recovery code', async () => {
    knowPasskeys().mockRejectedValueOnce(new DOMException('no', 'NotAllowedError'))
    const passkey = { ceremony: 'hcy_1', credential: { id: 'cred_1' } }
    shop({ factors: passkeys, right: { passkey } }).on('POST /api/auth/factors/passkeys/ask', [200, { ceremony: 'hcy_1', options: { publicKey: {} } }])
    const { router } = await eraseAccount()
    expect([way(), document.activeElement?.getAttribute('data-testid')]).toEqual(['passkey', 'prove'])
    await click('[data-testid="prove"]')
    expect(dialog()?.textContent).toContain('No passkey was shown.')
    await click('[data-testid="prove"]')
    await vi.waitFor(() => expect(router.currentRoute.value.name).toBe('login'))
    vi.unstubAllGlobals()
    shop({ factors: passkeys })
    await eraseAccount()
    expect(way()).toBe('recovery')
    expect(find('[data-testid="other-way"]'), 'there is no other').toBeNull()
  })

  it('logs in again with the provider that they came in by, and comes back to the page', async () => {
    const identity = { id: 'idn_1', provider: 'kontor', label: 'Kontor ID', linked_at: '2026-11-23T10:00:00Z', last_login_at: null }
    shop({ me: ana({ has_password: false }) }).on('GET /api/auth/identities', [200, { items: [identity] }])
    await eraseAccount()
    const links = [...document.querySelectorAll('[role="dialog"] a')].map((link) => [link.textContent, link.getAttribute('href')])
    expect([way(), links]).toEqual(['provider', [['Log in again with Kontor ID', '/api/auth/oauth/kontor/start?return_to=%2Faccount']]])
  })

  it('is told how to get something to show where there is nothing', async () => {
    shop({ me: ana({ has_password: false }) })
    await eraseAccount()
    expect([way(), dialog()?.querySelector('a')?.getAttribute('href')]).toEqual(['none', '/account/security'])
    // Also where the page is that one already, and nothing moves.
    await click('[role="dialog"] a')
    await vi.waitFor(() => expect(dialog()).toBeNull())
  })

  it('is told how long to wait after too many tries, and what failed', async () => {
    const [status, body] = problem(429, 'too_many_tries') as [number, unknown]
    const open = shop().on('POST /api/auth/step-up', [status, body, { 'Retry-After': '121' }])
    await eraseAccount()
    await show('three herrings')
    expect(dialog()?.textContent).toContain('try again in 3 minutes')
    open.on('POST /api/auth/step-up', problem(503, 'unavailable'))
    await show('three herrings')
    expect(dialog()?.textContent).toContain('trouble answering')
  })

  it('is asked in the language that they read', async () => {
    await chooseLocale('de')
    shop({ factors: app })
    await eraseAccount()
    expect(dialog()?.textContent).toMatch(/Sind Sie es\?.*Wiederherstellungscode benutzen/s)
  })

  it('is asked before a passkey is removed, with the password that was typed kept', async () => {
    let recent = false
    const open = shop({ factors: { ...passkeys, totp: app.totp }, right: { code: '123456' } })
      .on('POST /api/auth/factors/passkeys/*/remove', () => (recent ? [204, undefined] : problem(403, 'step_up_required')))
      .on('POST /api/auth/step-up', () => ((recent = true), [200, { mfa_required: false }]))
    const { page } = await visit(framed(SecurityView), '/account/security')
    await page.get('[data-testid="remove-passkey"]').trigger('click')
    await vi.dynamicImportSettled()
    await flushPromises()
    await page.get('[data-testid="passkeys"] [autocomplete="current-password"]').setValue('three herrings')
    await page.get('[data-testid="passkeys"] form').trigger('submit')
    await vi.waitFor(() => expect(way()).toBe('app'))
    await show('123456')
    await vi.waitFor(() => expect(open.asked('POST', /remove$/)).toHaveLength(2))
    expect(open.asked('POST', /remove$/).map(({ body }) => body)).toEqual([{ current_password: 'three herrings' }, { current_password: 'three herrings' }])
  })
})

describe('the question', () => {
  function stores() {
    const pinia = createPinia()
    createApp({}).use(pinia).use(PiniaColada)
    setActivePinia(pinia)
    return { stepUp: useStepUp(), account: useAccount() }
  }
  const refusal = () => new ApiProblem(403, 'step_up_required')
  const asked = (stepUp: ReturnType<typeof useStepUp>) => vi.waitFor(() => expect(stepUp.asking).toBe(true))

  it('is one for all that waits for its answer', async () => {
    const { stepUp } = stores()
    const call = vi.fn().mockRejectedValueOnce(refusal()).mockRejectedValueOnce(refusal()).mockResolvedValue('done')
    const both = Promise.all([stepUp.proven(call), stepUp.proven(call)])
    await asked(stepUp)
    stepUp.shown()
    expect([await both, stepUp.asking, call.mock.calls.length]).toEqual([['done', 'done'], false, 4])
  })

  it('is not asked twice for one call, nor for any other refusal', async () => {
    const { stepUp } = stores()
    const call = vi.fn().mockRejectedValue(refusal())
    const stubborn = stepUp.proven(call)
    await asked(stepUp)
    stepUp.shown()
    await expect(stubborn).rejects.toMatchObject({ code: 'step_up_required' })
    expect(call).toHaveBeenCalledTimes(2)
    await expect(stepUp.proven(() => Promise.reject(new ApiProblem(403, 'forbidden')))).rejects.toMatchObject({ code: 'forbidden' })
    expect(stepUp.asking).toBe(false)
  })

  it('ends with the session, which nothing can be shown in any more', async () => {
    const open = shop()
    const { router } = await eraseAccount()
    open.on('POST /api/auth/step-up', problem(401, 'invalid_token')).on('GET /api/auth/me', problem(401, 'unauthenticated'))
    await show('three herrings')
    await vi.waitFor(() => expect(router.currentRoute.value.name).toBe('login'))
    await vi.waitFor(() => expect(dialog()).toBeNull())
    expect(open.asked('POST', /erase$/)).toHaveLength(1)
  })

  it('is answered also while it is still loading', async () => {
    const { stepUp } = stores()
    vi.mocked(wantAccountTexts).mockReturnValueOnce(new Promise(() => undefined))
    const declined = stepUp.proven(() => Promise.reject(refusal()))
    await asked(stepUp)
    expect(stepUp.dialog, 'nothing is shown yet').toBeNull()
    stepUp.decline()
    await expect(declined).rejects.toBeInstanceOf(Declined)
    expect(stepUp.asking).toBe(false)
  })

  it('fails where it cannot be loaded, and is asked anew by the next call', async () => {
    const { stepUp } = stores()
    vi.mocked(wantAccountTexts).mockRejectedValueOnce(new TypeError('Failed to fetch dynamically imported module'))
    await expect(stepUp.proven(() => Promise.reject(refusal()))).rejects.toBeInstanceOf(TypeError)
    expect(stepUp.asking).toBe(false)
    const next = stepUp.proven(vi.fn().mockRejectedValueOnce(refusal()).mockResolvedValue('done'))
    await asked(stepUp)
    stepUp.shown()
    expect(await next).toBe('done')
  })

  it('ends where the session was over before it was shown', async () => {
    const open = shop()
    const { page } = await visit(framed(AccountView), '/account')
    let loaded = () => {}
    vi.mocked(wantAccountTexts).mockReturnValueOnce(new Promise((resolve) => (loaded = resolve)))
    await page.get('[data-testid="ask-erasure"]').trigger('click')
    await page.get('[data-testid="erase"]').trigger('click')
    await flushPromises()
    useAccount().me = null
    loaded()
    await vi.waitFor(() => expect(useStepUp().dialog).not.toBeNull())
    await flushPromises()
    expect([useStepUp().asking, dialog(), open.asked('POST', /erase$/).length]).toEqual([false, null, 1])
  })

  it('says no to a call that is declined', async () => {
    const { account, stepUp } = stores()
    const declined = account.asMe(() => Promise.reject(refusal()))
    await asked(stepUp)
    stepUp.decline()
    await expect(declined).rejects.toBeInstanceOf(Declined)
  })
})
