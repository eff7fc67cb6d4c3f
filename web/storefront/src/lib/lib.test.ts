/** The storefront's small rules: money, variants, cache keys, listing, order tokens. */
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { mug } from '../../test/shop'
import { noteContinuation, openedPages, queryOf, sortOf } from './listing'
import { decimalOf, formatMoney } from './money'
import { forgetOrderToken, keepOrderToken, orderToken, tokenInFragment } from './orders'
import { canonicalPath, readPageState } from './seed'
import { initialVariant, obstacle, variantAfter } from './variants'

beforeEach(() => localStorage.clear())

describe('money', () => {
  it.each([
    [1999, 2, '19.99'],
    [5, 2, '0.05'],
    [-250, 2, '-2.50'],
    [1200, 0, '1200'],
    [1234, 3, '1.234'],
    [9_007_199_254_740_991, 2, '90071992547409.91'],
  ])('%i minor units with %i digits are %s', (amount, digits, text) => {
    expect(decimalOf(amount, digits)).toBe(text)
  })

  it('uses the digits of the currency', () => {
    expect(formatMoney({ amount: 1999, currency: 'EUR' }, 'en')).toBe('€19.99')
    expect(formatMoney(null, 'en')).toBe('–')
    expect(formatMoney({ amount: 1999, currency: 'JPY' }, 'en')).toMatch(/1,999$/)
    expect(formatMoney({ amount: 1999, currency: 'KWD' }, 'en')).toMatch(/1\.999$/)
    expect(formatMoney({ amount: 199900, currency: 'EUR' }, 'de')).toMatch(/^1\.999,00\s€$/)
  })

  it('refuses a fraction of a minor unit', () => {
    expect(() => decimalOf(19.99, 2)).toThrow(RangeError)
  })
})

describe('variants', () => {
  const product = mug()
  const green = { Colour: 'Green', Size: 'S' }

  it('opens the variant of the link, else the first that can be bought', () => {
    expect(initialVariant(product, 'var_Ink_S')?.id).toBe('var_Ink_S')
    expect(initialVariant(product, 'var_unknown')?.id).toBe('var_Green_S')
    const soldOutFirst = { ...product, variants: [product.variants[1]!, product.variants[2]!] }
    expect(initialVariant(soldOutFirst, undefined)?.id).toBe('var_Ink_S')
  })

  it('says why a value leads nowhere', () => {
    expect(obstacle(product, green, 'Size', 'S')).toBeUndefined()
    expect(obstacle(product, green, 'Size', 'L')).toBe('sold_out')
    expect(obstacle(product, { Colour: 'Ink', Size: 'S' }, 'Size', 'L')).toBe('not_made')
  })

  it('moves to the nearest combination that is made', () => {
    expect(variantAfter(product, green, 'Colour', 'Ink')?.id).toBe('var_Ink_S')
    expect(variantAfter(product, { Colour: 'Green', Size: 'L' }, 'Colour', 'Ink')?.id).toBe('var_Ink_S')
    expect(variantAfter(product, green, 'Colour', 'Gold')).toBeUndefined()
  })
})

describe('page state', () => {
  it('gives one key to every order of a query', () => {
    expect(canonicalPath('/api/store/products?sort=newest&limit=24')).toBe('/api/store/products?limit=24&sort=newest')
    expect(canonicalPath('/api/store/products?q=a%20b')).toBe(canonicalPath('/api/store/products?q=a+b'))
    expect(canonicalPath('/api/store/categories')).toBe('/api/store/categories')
  })

  it('reads the queries, and nothing from an absent or broken element', () => {
    expect(readPageState(document)).toEqual({})
    const element = document.createElement('script')
    element.type = 'application/json'
    element.id = 'hanse-state'
    element.textContent = '{"route":"/","queries":{"/api/store/categories":{"items":[]}}}'
    document.body.append(element)
    expect(readPageState(document)).toEqual({ '/api/store/categories': { items: [] } })
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    element.textContent = '{"route":'
    expect(readPageState(document)).toEqual({})
    expect(warn).toHaveBeenCalledOnce()
    element.remove()
  })
})

describe('listing', () => {
  it('asks for the usual order unless the address names one that fits', () => {
    expect(queryOf({ q: '', category: '', sort: '' })).toEqual({ limit: 24 })
    expect(queryOf({ q: 'mug', category: 'kitchen', sort: '-price' })).toEqual({ limit: 24, sort: '-price', q: 'mug', category: 'kitchen' })
    expect(queryOf({ q: '', category: '', sort: 'drop table' })).toEqual({ limit: 24 })
    expect(queryOf({ q: '', category: '', sort: 'relevance' })).toEqual({ limit: 24 })
    expect(sortOf({ q: 'mug', category: '', sort: '' })).toBe('relevance')
    expect(sortOf({ q: '', category: '', sort: 'relevance' })).toBe('newest')
    expect(sortOf({ q: '', category: '', sort: 'title' })).toBe('title')
  })

  it('appends a page that continues the list and keeps the list for the way back', () => {
    const known = new Map<string, string[]>()
    expect(openedPages('all', '', known)).toEqual([''])
    noteContinuation('', 'c2')
    expect(openedPages('all', 'c2', known)).toEqual(['', 'c2'])
    noteContinuation('c2', 'c3')
    expect(openedPages('all', 'c3', known)).toEqual(['', 'c2', 'c3'])
    expect(openedPages('all', 'c2', known)).toEqual(['', 'c2'])
    expect(openedPages('all', '', known)).toEqual([''])
  })

  it('starts a list of its own at an address that continues nothing', () => {
    expect(openedPages('all', 'stranger', new Map())).toEqual(['stranger'])
    expect(openedPages('other', 'c2', new Map([['all', ['']]]))).toEqual(['c2'])
  })
})

describe('order tokens', () => {
  it('keeps one per order', () => {
    keepOrderToken('ord_1', 'a')
    keepOrderToken('ord_2', 'b')
    expect([orderToken('ord_1'), orderToken('ord_2'), orderToken('ord_3')]).toEqual(['a', 'b', null])
    forgetOrderToken('ord_1')
    expect([orderToken('ord_1'), orderToken('ord_2')]).toEqual([null, 'b'])
  })

  it('reads a token from a link and survives a foreign store', () => {
    expect(tokenInFragment('#token=abc%2B')).toBe('abc+')
    expect(tokenInFragment('#top')).toBeNull()
    localStorage.setItem('hanse.orders', 'not json')
    expect(orderToken('ord_1')).toBeNull()
    expect(orderToken('constructor')).toBeNull()
  })
})
