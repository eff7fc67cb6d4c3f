/** Turns a failed call into words for the visitor: by its code where the shop has a text, else by its kind. */
import { ApiProblem, type CartProblem } from '@hanse/api'

interface Translator {
  (key: string): string
}

export interface Texts {
  t: Translator
  te: (key: string) => boolean
}

export function problemText({ t, te }: Texts, error: unknown): string {
  if (!(error instanceof ApiProblem)) return t('problem.unknown')
  if (te(`problem.${error.code}`)) return t(`problem.${error.code}`)
  if (error.status >= 500) return t('problem.shop')
  return error.body.detail ?? error.body.title ?? t('problem.unknown')
}

/** What is wrong with a password that the shop refused. */
export function passwordText({ t, te }: Texts, code: string | undefined): string | undefined {
  if (code === undefined) return undefined
  return te(`account.password.${code}`) ? t(`account.password.${code}`) : t('account.password.other')
}

export function cartProblemText({ t, te }: Texts, problem: CartProblem): string {
  const code = typeof problem === 'string' ? problem : problem.code
  const key = `cart.problem.${code}`
  if (te(key)) return t(key)
  return typeof problem === 'string' ? t('cart.problem.other') : (problem.detail ?? problem.message ?? t('cart.problem.other'))
}

/** About the order as a whole and worth a word before checkout; what checkout itself asks for (address, shipping) is not. */
export function concernsGoods(problem: CartProblem): boolean {
  return !/address|shipping|country|email|payment/.test(codeOfProblem(problem))
}

export function concernsDiscount(problem: CartProblem): boolean {
  return codeOfProblem(problem).includes('discount')
}

export function codeOfProblem(problem: CartProblem): string {
  return typeof problem === 'string' ? problem : problem.code
}
