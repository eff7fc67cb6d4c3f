/** The calls about who one is: logging in and out, passwords, addresses, sessions. The session itself is a cookie. */
import type { Client } from 'openapi-fetch'
import { done, read, write } from './calls'
import type { AppBegun, Consents, ConsentWord, Factors, IdentityList, Invitation, LoggedIn, LoginProvider, Me, PasskeyAnswer, PasskeyAsk, PersonalExport, SessionList, ShownAgain, ShownFactor } from './models'
import type { paths } from './schema'

/** None: the account has no password. */
type OwnPassword = string | undefined

const withPassword = (current: OwnPassword) => (current === undefined ? {} : { current_password: current })

export class AccountApi {
  readonly #client: Client<paths>

  constructor(client: Client<paths>) {
    this.#client = client
  }

  me(): Promise<Me> {
    return read((signal) => this.#client.GET('/api/auth/me', { signal }))
  }

  /** Whoever has enrolled a second factor is not let in yet, but told a challenge. */
  logIn(email: string, password: string): Promise<LoggedIn> {
    const body = { email, password, transport: 'cookie' as const }
    return read((signal) => this.#client.POST('/api/auth/login', { body, signal }))
  }

  /** Ends a login that asked for a second factor. */
  showFactor(challenge: string, shown: ShownFactor): Promise<LoggedIn> {
    const body = { challenge, transport: 'cookie' as const, ...shown }
    return read((signal) => this.#client.POST('/api/auth/login/factor', { body, signal }))
  }

  /** Asks for a passkey at the login: alone, or as the second factor of a challenge. */
  askLoginPasskey(challenge?: string): Promise<PasskeyAsk> {
    const body = { transport: 'cookie' as const, ...(challenge === undefined ? {} : { challenge }) }
    return read((signal) => this.#client.POST('/api/auth/login/passkey/ask', { body, signal }))
  }

  logInWithPasskey(passkey: PasskeyAnswer): Promise<LoggedIn> {
    const body = { transport: 'cookie' as const, passkey }
    return read((signal) => this.#client.POST('/api/auth/login/passkey', { body, signal }))
  }

  /** Asks for one of one's own, to show it once more. */
  askPasskey(): Promise<PasskeyAsk> {
    return read((signal) => this.#client.POST('/api/auth/factors/passkeys/ask', { signal }))
  }

  /** For what is asked for only within ten minutes of that. */
  async stepUp(shown: ShownAgain): Promise<void> {
    await read((signal) => this.#client.POST('/api/auth/step-up', { body: shown, signal }))
  }

  beginPasskey(current: OwnPassword): Promise<PasskeyAsk> {
    return read((signal) => this.#client.POST('/api/auth/factors/passkeys', { body: withPassword(current), signal }))
  }

  /** Recovery codes, told this once; none where there are some. */
  async confirmPasskey(name: string, made: PasskeyAnswer): Promise<string[]> {
    const body = { name, ...made }
    const told = await read((signal) => this.#client.POST('/api/auth/factors/passkeys/confirm', { body, signal }))
    return told.recovery_codes
  }

  renamePasskey(id: string, name: string): Promise<void> {
    const params = { path: { id } }
    return done((signal) => this.#client.PATCH('/api/auth/factors/passkeys/{id}', { params, body: { name }, signal }))
  }

  removePasskey(id: string, current: OwnPassword): Promise<void> {
    const params = { path: { id } }
    return done((signal) => this.#client.POST('/api/auth/factors/passkeys/{id}/remove', { params, body: withPassword(current), signal }))
  }

  factors(signal?: AbortSignal): Promise<Factors> {
    return read((limit) => this.#client.GET('/api/auth/factors', { signal: limit }), signal)
  }

  /** What an authenticator app is to know. It counts from its first code on. */
  beginApp(current: OwnPassword): Promise<AppBegun> {
    return read((signal) => this.#client.POST('/api/auth/factors/totp', { body: withPassword(current), signal }))
  }

  /** Recovery codes, told this once. */
  async confirmApp(code: string): Promise<string[]> {
    const told = await read((signal) => this.#client.POST('/api/auth/factors/totp/confirm', { body: { code }, signal }))
    return told.recovery_codes
  }

  removeApp(current: OwnPassword, shown: ShownFactor): Promise<void> {
    const body = { ...withPassword(current), ...shown }
    return done((signal) => this.#client.POST('/api/auth/factors/totp/remove', { body, signal }))
  }

  async renewRecoveryCodes(current: OwnPassword, shown: ShownFactor): Promise<string[]> {
    const body = { ...withPassword(current), ...shown }
    const told = await read((signal) => this.#client.POST('/api/auth/factors/recovery-codes', { body, signal }))
    return told.recovery_codes
  }

  /** With whom one can log in besides a password. */
  async providers(signal?: AbortSignal): Promise<LoginProvider[]> {
    return (await read((limit) => this.#client.GET('/api/auth/providers', { signal: limit }), signal)).items
  }

  identities(signal?: AbortSignal): Promise<IdentityList> {
    return read((limit) => this.#client.GET('/api/auth/identities', { signal: limit }), signal)
  }

  /** Where the browser has to go for a provider to be linked with one's account. */
  async linkAddress(provider: string): Promise<string> {
    const params = { path: { provider } }
    return (await read((signal) => this.#client.POST('/api/auth/identities/{provider}/link', { params, signal }))).url
  }

  unlink(id: string): Promise<void> {
    return done((signal) => this.#client.DELETE('/api/auth/identities/{id}', { params: { path: { id } }, signal }))
  }

  logOut(): Promise<void> {
    return done((signal) => this.#client.POST('/api/auth/logout', { signal }))
  }

  /** The shop answers the same whether or not the address had an account. */
  register(name: string, email: string, password: string): Promise<void> {
    return done((signal) => this.#client.POST('/api/auth/register', { body: { name, email, password }, signal }))
  }

  changePassword(current: string, password: string): Promise<void> {
    const body = { current_password: current, password }
    return done((signal) => this.#client.POST('/api/auth/password', { body, signal }))
  }

  /** Has a link to a new password mailed; the shop does not tell whether the address has an account. */
  forgotPassword(email: string): Promise<void> {
    return done((signal) => this.#client.POST('/api/auth/password/forgot', { body: { email }, signal }))
  }

  resetPassword(token: string, password: string): Promise<void> {
    return done((signal) => this.#client.POST('/api/auth/password/reset', { body: { token, password }, signal }))
  }

  /** Has the link that proves one's address mailed once more. */
  askVerification(): Promise<void> {
    return done((signal) => this.#client.POST('/api/auth/email/verification', { signal }))
  }

  verifyEmail(token: string): Promise<void> {
    return done((signal) => this.#client.POST('/api/auth/email/verify', { body: { token }, signal }))
  }

  /** Has a link mailed to the new address; it counts once that was followed. */
  changeEmail(current: string, email: string): Promise<void> {
    const body = { current_password: current, email }
    return done((signal) => this.#client.POST('/api/auth/email/change', { body, signal }))
  }

  confirmEmail(token: string): Promise<void> {
    return done((signal) => this.#client.POST('/api/auth/email/confirm', { body: { token }, signal }))
  }

  /** What the link of an invitation is to. */
  invitation(token: string): Promise<Invitation> {
    return read((limit) => this.#client.POST('/api/auth/invitations/show', { body: { token }, signal: limit }))
  }

  /** Begins to work here: with a new password, or with the one that the address has. */
  acceptInvitation(token: string, password: string): Promise<void> {
    return done((signal) => this.#client.POST('/api/auth/invitations/accept', { body: { token, password }, signal }))
  }

  /** What one has agreed to. */
  consents(signal?: AbortSignal): Promise<Consents> {
    return read((limit) => this.#client.GET('/api/store/me/consents', { signal: limit }), signal)
  }

  /** Agrees to something, or no longer. */
  sayConsent(word: ConsentWord): Promise<Consents> {
    return write((signal) => this.#client.PUT('/api/store/me/consents', { body: word, signal }))
  }

  /** All that the shop holds about whoever is logged in: the whole of it, or a refusal. */
  exportData(): Promise<PersonalExport> {
    return write((signal) => this.#client.POST('/api/store/me/export', { signal }))
  }

  /** Erases the account for good: with the password, or without one shortly after a login or a step-up (else 403 `step_up_required`). */
  erase(password?: string): Promise<void> {
    const body = password === undefined ? {} : { password }
    return done((signal) => this.#client.POST('/api/store/me/erase', { body, signal }))
  }

  sessions(signal?: AbortSignal): Promise<SessionList> {
    return read((limit) => this.#client.GET('/api/auth/sessions', { signal: limit }), signal)
  }

  endSession(id: string): Promise<void> {
    return done((signal) => this.#client.DELETE('/api/auth/sessions/{id}', { params: { path: { id } }, signal }))
  }

  endOtherSessions(): Promise<void> {
    return done((signal) => this.#client.DELETE('/api/auth/sessions', { signal }))
  }
}
