import { describe, expect, it } from 'vitest'
import { challengeIn, shownFactor } from './factor'

describe('a second factor as it is typed', () => {
  it('is a code of an app where it is six digits, however they are parted', () => {
    expect(shownFactor(' 123 456 ')).toEqual({ code: '123456' })
  })
  it('is a recovery code otherwise', () => {
    expect(shownFactor(' abcd-efgh-2345-wxyz ')).toEqual({ recovery_code: 'abcd-efgh-2345-wxyz' })
    expect(shownFactor('12345')).toEqual({ recovery_code: '12345' })
    expect(shownFactor('')).toEqual({ recovery_code: '' })
  })
})

describe('what an address brings along', () => {
  it('is a challenge with the ways to answer it, or nothing', () => {
    expect(challengeIn('#challenge=hct_1&methods=totp+recovery_code')).toEqual({ challenge: 'hct_1', methods: ['totp', 'recovery_code'] })
    expect(challengeIn('#challenge=hct_1')).toEqual({ challenge: 'hct_1', methods: [] })
    for (const hash of ['', '#', '#token=1']) expect(challengeIn(hash)).toBeNull()
  })
})
