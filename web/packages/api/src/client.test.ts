import { expect, it, vi } from 'vitest'
import { StoreApi } from './client'

it('says of every change, and of nothing else, that a script of the shop asks for it', async () => {
  const said: [string, string | null][] = []
  vi.stubGlobal('fetch', async (request: Request) => {
    said.push([request.method, request.headers.get('X-Requested-With')])
    return Response.json({})
  })
  const api = new StoreApi()
  const word = { purpose: 'marketing', granted: true, wording: 'news-1', place: 'account' } as const
  await Promise.all([api.account.me(), api.account.logOut(), api.account.sayConsent(word), api.setQuantity('cart_1', 'item_1', 2), api.account.endOtherSessions()])
  expect(said.sort()).toEqual([['DELETE', 'hanse'], ['GET', null], ['PATCH', 'hanse'], ['POST', 'hanse'], ['PUT', 'hanse']])
})
