/** How a call is made: bounded in time, answering its body or throwing an `ApiProblem`. */
import { ApiProblem, problemOf, problemOfFailure } from './problem'

/** A session's cookie counts for a change only beside this, which no form of another site can send. */
export const BY_SCRIPT = ['X-Requested-With', 'hanse'] as const

const READ_TIMEOUT_MS = 15_000
/** Above the five seconds that the shop itself waits for a checkout to settle. */
const WRITE_TIMEOUT_MS = 30_000

interface Answer<Body> {
  data?: Body
  error?: unknown
  response: Response
}

export function read<Body>(call: (signal: AbortSignal) => Promise<Answer<Body>>, given?: AbortSignal): Promise<Body> {
  const limit = AbortSignal.timeout(READ_TIMEOUT_MS)
  return settled(call, given ? AbortSignal.any([given, limit]) : limit)
}

export function write<Body>(call: (signal: AbortSignal) => Promise<Answer<Body>>): Promise<Body> {
  return settled(call, AbortSignal.timeout(WRITE_TIMEOUT_MS))
}

/** For calls whose good answer has no body. */
export async function done(call: (signal: AbortSignal) => Promise<Answer<unknown>>): Promise<void> {
  let answer: Answer<unknown>
  try {
    answer = await call(AbortSignal.timeout(WRITE_TIMEOUT_MS))
  } catch (failure) {
    throw problemOfFailure(failure)
  }
  if (!answer.response.ok) throw problemOf(answer.response, answer.error)
}

async function settled<Body>(call: (signal: AbortSignal) => Promise<Answer<Body>>, signal: AbortSignal): Promise<Body> {
  let answer: Answer<Body>
  try {
    answer = await call(signal)
  } catch (failure) {
    throw problemOfFailure(failure)
  }
  if (answer.data !== undefined && answer.response.ok) return answer.data
  if (answer.response.ok) throw new ApiProblem(answer.response.status, 'unreadable')
  throw problemOf(answer.response, answer.error)
}
