/** The calls about who one is: logging in and out, passwords, addresses, sessions. The session itself is a cookie. */
import type { Client } from 'openapi-fetch'
import { done, read, write } from './calls'
import type { Invitation, Me, PersonalExport, SessionList } from './models'
import type { paths } from './schema'

export class AccountApi {
  readonly #client: Client<paths>

  constructor(client: Client<paths>) {
    this.#client = client
  }

  me(): Promise<Me> {
    return read((signal) => this.#client.GET('/api/auth/me', { signal }))
  }

  logIn(email: string, password: string): Promise<void> {
    const body = { email, password, transport: 'cookie' as const }
    return done((signal) => this.#client.POST('/api/auth/login', { body, signal }))
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

  /** All that the shop holds about whoever is logged in: the whole of it, or a refusal. */
  exportData(): Promise<PersonalExport> {
    return write((signal) => this.#client.POST('/api/store/me/export', { signal }))
  }

  /** Erases the account for good. */
  erase(password: string): Promise<void> {
    return done((signal) => this.#client.POST('/api/store/me/erase', { body: { password }, signal }))
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
