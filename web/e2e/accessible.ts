/** What a page owes those who do not see it or use no pointer, as far as a machine can judge it. */
import axe from 'axe-core'
import type { Page } from 'playwright-core'

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** Pages that were found to be without fault, by all that the judgement goes by. */
const faultless = new Set<string>()

/** A page that is like one that was judged before is not judged again: the judgement goes by markup, styles and what is in view alone. */
export async function violations(page: Page): Promise<string[]> {
  const likeness = await page.evaluate(likenessOf)
  if (faultless.has(likeness)) return []
  const found = await judge(page)
  if (found.length === 0) faultless.add(likeness)
  return found
}

/** Within the page. The addresses of people whom stories make up are as good as each other. */
function likenessOf(): string {
  const markup = document.documentElement.outerHTML.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'somebody')
  const values = [...document.querySelectorAll('input')].map(({ checked, value, disabled }) => [checked, value.length, disabled])
  const styles = [...document.styleSheets].map(({ href, cssRules }) => [href, cssRules.length])
  const { color, backgroundColor } = getComputedStyle(document.body)
  const pointed = [...document.querySelectorAll(':hover, :focus')].map(({ outerHTML }) => outerHTML.length)
  return JSON.stringify([innerWidth, innerHeight, scrollX, scrollY, color, backgroundColor, styles, values, pointed, markup])
}

async function judge(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const { violations: found } = await page.evaluate(
    (rules) => (window as unknown as { axe: typeof axe }).axe.run(document, { runOnly: rules, resultTypes: ['violations'] }),
    RULES,
  )
  return found.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')} ${node.failureSummary ?? ''}`))
}
