/** One error type for everything that can go wrong with a call: a problem+json answer, or no answer at all. */
import type { Problem } from './models'

export class ApiProblem extends Error {
  override readonly name = 'ApiProblem'
  /** Seconds after which the shop wants to be asked again, if it said so. */
  readonly retryAfter: number | undefined

  constructor(
    /** HTTP status; 0 when no answer came. */
    readonly status: number,
    /** The stable `code` of the problem; `network`, `timeout` or `unreadable` when the shop's answer is missing. */
    readonly code: string,
    readonly body: Partial<Problem> = {},
    options: ErrorOptions & { retryAfter?: number | undefined } = {},
  ) {
    super(body.detail ?? body.title ?? code, options)
    this.retryAfter = options.retryAfter
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

export function problemOf({ status, headers }: Pick<Response, 'status' | 'headers'>, body: unknown): ApiProblem {
  const seconds = Number.parseInt(headers.get('Retry-After') ?? '', 10)
  const retryAfter = Number.isNaN(seconds) ? undefined : seconds
  if (typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string') {
    return new ApiProblem(status, body.code, body as Partial<Problem>, { retryAfter })
  }
  return new ApiProblem(status, 'unreadable', {}, { retryAfter })
}

export function problemOfFailure(failure: unknown): ApiProblem {
  if (failure instanceof ApiProblem) return failure
  const timedOut = failure instanceof DOMException && failure.name === 'TimeoutError'
  return new ApiProblem(0, timedOut ? 'timeout' : 'network', {}, { cause: failure })
}
