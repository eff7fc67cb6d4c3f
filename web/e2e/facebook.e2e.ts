/** Logging in with Facebook, which signs nothing and vouches for no address; a process of its own stands in for it. */
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { accountsAndLinks } from './auth-store'
import { settled, useBrowser } from './browser'
import { confirmAddress, newcomer, register } from './people'
import { setOut } from './provider'
import { expectReadable, expectTurnedAway, openingNothing } from './refusal'

const { visit } = useBrowser()

const someone = () => `ana-${crypto.randomUUID()}@example.org`
const hello = (page: Page) => page.getByRole('heading', { level: 1, name: 'Hello, Ana Lund' })

/** At Facebook: says who one is, and what the shop may know. */
async function goOn(page: Page, email: string, { tells = true } = {}): Promise<void> {
  await page.getByLabel('Address', { exact: true }).fill(email)
  await page.getByLabel('The shop may know the address').setChecked(tells)
  await page.getByRole('button', { name: 'Continue' }).click()
}

it('a shopper logs in with Facebook, has the address to confirm, and comes back to the same account', async () => {
  const email = someone()
  const shopper = await visit()
  const { page } = shopper
  await setOut(page, 'facebook')
  await goOn(page, email)
  await hello(page).waitFor()
  const landed = new URL(page.url())
  expect([landed.pathname, landed.search]).toEqual(['/account', ''])
  await page.getByText(email, { exact: true }).waitFor()
  await page.getByTestId('verify-again').waitFor()
  await settled(page)
  await expectReadable(page, 'an account with an address to confirm')
  const me = await (await page.request.get('/api/auth/me')).json()
  expect(me).toMatchObject({ email, email_verified: false, has_password: false, kind: 'customer' })

  await confirmAddress(page, email)
  await page.goto('/account')
  await hello(page).waitFor()
  await settled(page)
  expect(await page.getByTestId('verify-again').count()).toBe(0)
  await page.goto('/account/security')
  await page.getByTestId('identity').getByText('Facebook').waitFor()

  const before = accountsAndLinks()
  const elsewhere = await visit()
  await setOut(elsewhere.page, 'facebook')
  await goOn(elsewhere.page, email)
  await hello(elsewhere.page).waitFor()
  const again = await (await elsewhere.page.request.get('/api/auth/me')).json()
  expect(again.user_id).toBe(me.user_id)
  await elsewhere.close()
  expect(accountsAndLinks(), 'no other account, and no other link').toEqual(before)
  await shopper.close()
})

it('Facebook opens no account of an address that has one, nor any without an address, nor where the answer there was no', async () => {
  const ana = newcomer()
  const owner = await visit()
  await register(owner.page, ana)
  await confirmAddress(owner.page, ana.email)
  await owner.close()

  await openingNothing(async () => {
    const shopper = await visit()
    const { page } = shopper
    await setOut(page, 'facebook')
    await goOn(page, ana.email)
    await expectTurnedAway(page, 'Facebook', 'link_first')
    await setOut(page, 'facebook')
    await goOn(page, someone(), { tells: false })
    await expectTurnedAway(page, 'Facebook', 'no_address')
    await setOut(page, 'facebook')
    await page.getByRole('button', { name: 'Cancel' }).click()
    await expectTurnedAway(page, 'Facebook', 'cancelled')
    await shopper.close()
  })
})
