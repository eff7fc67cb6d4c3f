/** Sessions of long ago: the clock of a shop that runs cannot be turned, so what the shop keeps of a login is made older. */
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { changeAuthStore } from './auth-store'

const AN_HOUR_US = 3_600_000_000

/** Whoever is logged in on this page. */
export async function userOf(page: Page): Promise<string> {
  const answer = await page.request.get('/api/auth/me')
  expect(answer.status(), 'who is logged in').toBe(200)
  return ((await answer.json()) as { user_id: string }).user_id
}

/** While `logIn` goes on, whoever it is showed who they are an hour ago. Later the gateway would believe for a while what it heard. */
export async function longAgo(user: string, logIn: () => Promise<void>): Promise<void> {
  const digits = user.replace(/^user_/, '')
  expect(digits, 'the id of a person').toMatch(/^[0-9a-f]{32}$/)
  const aged = `aged_${digits}`
  changeAuthStore({
    sqlite: `create trigger ${aged} after insert on sessions when new.user_id = x'${digits}'
      begin update sessions set proven_at = new.proven_at - ${AN_HOUR_US} where id = new.id; end`,
    postgres: `create function ${aged}() returns trigger language plpgsql as $$
        begin new.proven_at := new.proven_at - interval '1 hour'; return new; end $$;
      create trigger ${aged} before insert on sessions for each row when (new.user_id = '${digits}')
        execute function ${aged}()`,
  })
  try {
    await logIn()
  } finally {
    changeAuthStore({
      sqlite: `drop trigger ${aged}`,
      postgres: `drop function ${aged}() cascade`,
    })
  }
}
