/** One error type for everything that can go wrong with a call: a problem+json answer, or no answer at all. */
import type { Problem } from './models'

export class ApiProblem extends Error {
  override readonly name = 'ApiProblem'

  constructor(
    /** HTTP status; 0 when no answer came. */
    readonly status: number,
    /** The stable `code` of the problem; `network`, `timeout` or `unreadable` when the shop's answer is missing. */
    readonly code: string,
    readonly body: Partial<Problem> = {},
    options?: ErrorOptions,
  ) {
    super(body.detail ?? body.title ?? code, options)
  }

  /** True when the same call may succeed later: nobody knows yet whether it was carried out. */
  get unsettled(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500 || this.code === 'idempotency_in_flight'
  }

  /** The message for one field of the request, if the shop named that field. */
  fieldMessage(field: string): string | undefined {
    return this.body.errors?.find((error) => error.field === field || error.field.endsWith(`.${field}`))?.message
  }
}

export function isProblem(error: unknown, code?: string): error is ApiProblem {
  return error instanceof ApiProblem && (code === undefined || error.code === code)
}

export function problemOf(status: number, body: unknown): ApiProblem {
  if (typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string') {
    return new ApiProblem(status, body.code, body as Partial<Problem>)
  }
  return new ApiProblem(status, 'unreadable')
}

export function problemOfFailure(failure: unknown): ApiProblem {
  if (failure instanceof ApiProblem) return failure
  const timedOut = failure instanceof DOMException && failure.name === 'TimeoutError'
  return new ApiProblem(0, timedOut ? 'timeout' : 'network', {}, { cause: failure })
}
