/**
 * How a provider errs or lies: about somebody whose address begins with one of these words, one thing is not as it should be.
 * About everybody else the ID token is made in the same way, with nothing changed.
 */
import { generateKeyPairSync, sign } from 'node:crypto'

const ELSEWHERE = 'https://elsewhere.example'
const another = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey

const told = (text) => JSON.parse(Buffer.from(text, 'base64url').toString())
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** By the word before the first `-`: what the token says, in whose name, and who signs it. */
const TOKENS = {
  badnonce: (token) => { token.claims.nonce = 'of-another-login' },
  nononce: (token) => { delete token.claims.nonce },
  badissuer: (token) => { token.claims.iss = ELSEWHERE },
  badaudience: (token) => { token.claims.aud = 'another-shop' },
  badkey: (token) => {
    token.key = another
    token.header.kid = 'unpublished'
  },
  forged: (token) => { token.key = another },
}

/** The first code of everybody whose codes are handed out again. */
const codes = new Map()

/** The same, of the way back to the shop. */
const WAYS_BACK = {
  badsender: (way) => way.searchParams.set('iss', ELSEWHERE),
  nosender: (way) => way.searchParams.delete('iss'),
  /** The code that this person was given before, once more. */
  replayed: (way, who) => {
    const code = way.searchParams.get('code')
    if (codes.has(who)) way.searchParams.set('code', codes.get(who))
    else codes.set(who, code)
  },
}

const wordOf = (who) => who?.split('-', 1)[0] ?? ''

/** Passes everything through the real provider, and changes what leaves it. */
export function lies(key, kid, shop) {
  return async (ctx, next) => {
    await next()
    const idToken = ctx.oidc?.route === 'token' && ctx.body?.id_token
    if (idToken) {
      const [head, body] = idToken.split('.')
      const token = { header: { ...told(head), kid }, claims: told(body), key }
      TOKENS[wordOf(token.claims.sub)]?.(token)
      const signed = `${part(token.header)}.${part(token.claims)}`
      ctx.body = { ...ctx.body, id_token: `${signed}.${sign('sha256', Buffer.from(signed), token.key).toString('base64url')}` }
    }
    const location = ctx.response.get('location')
    if (location?.startsWith(`${shop}/`)) {
      const who = ctx.oidc?.session?.accountId
      const way = new URL(location)
      WAYS_BACK[wordOf(who)]?.(way, who)
      ctx.set('location', way.href)
    }
  }
}
