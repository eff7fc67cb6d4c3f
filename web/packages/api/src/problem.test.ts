/** What becomes of answers that are not the one hoped for. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { StoreApi } from './client'
import { ApiProblem, isProblem } from './problem'

const api = new StoreApi({ baseUrl: 'http://shop.test', locale: () => 'de' })

function answer(reply: () => Response): Request[] {
  const asked: Request[] = []
  vi.stubGlobal('fetch', async (request: Request) => {
    asked.push(request)
    return reply()
  })
  return asked
}

async function failureOf(call: Promise<unknown>): Promise<ApiProblem> {
  const failure = await call.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!isProblem(failure)) throw new Error(`expected a problem, got ${String(failure)}`)
  return failure
}

afterEach(() => vi.unstubAllGlobals())

describe('a call', () => {
  it('speaks the visitor’s language and sends the filter', async () => {
    const asked = answer(() => Response.json({ items: [], next_cursor: null, total: 0 }))
    await api.products({ q: 'a b', limit: 2 })
    expect(asked[0]?.headers.get('Accept-Language')).toBe('de')
    expect(new URL(asked[0]!.url).search).toBe('?q=a%20b&limit=2')
  })

  it('throws the problem with its code and its fields', async () => {
    const body = { title: 'Not valid', status: 422, code: 'validation', errors: [{ field: 'items.quantity', code: 'range', message: 'too many' }] }
    answer(() => Response.json(body, { status: 422 }))
    const problem = await failureOf(api.addItem('cart_1', 'var_1', 5000))
    expect([problem.status, problem.code, problem.fieldMessage('quantity'), problem.unsettled]).toEqual([422, 'validation', 'too many', false])
  })

  it('tells when to ask again', async () => {
    const refusal = { title: 'Too many requests', status: 429, code: 'rate_limited' }
    answer(() => Response.json(refusal, { status: 429, headers: { 'Retry-After': '90' } }))
    expect(await failureOf(api.account.logIn('a@b.example', 'x'))).toMatchObject({ code: 'rate_limited', retryAfter: 90 })
    answer(() => Response.json(refusal, { status: 429 }))
    expect((await failureOf(api.account.logIn('a@b.example', 'x'))).retryAfter).toBeUndefined()
  })

  it('names an answer that is no problem document, and none at all', async () => {
    answer(() => new Response('<h1>Bad gateway</h1>', { status: 502 }))
    expect(await failureOf(api.categories())).toMatchObject({ status: 502, code: 'unreadable', unsettled: true })
    answer(() => {
      throw new TypeError('connection refused')
    })
    expect(await failureOf(api.categories())).toMatchObject({ status: 0, code: 'network', unsettled: true })
    answer(() => {
      throw new DOMException('too slow', 'TimeoutError')
    })
    expect(await failureOf(api.categories())).toMatchObject({ code: 'timeout' })
  })
})
