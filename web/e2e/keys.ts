/** Getting about a page with the Tab key alone. */
import type { Page } from 'playwright-core'

/** Presses Tab until the focused element answers to the test; a visitor would give up as well after so many. */
export async function tabTo(page: Page, what: string, matches: string): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab')
    if (await page.evaluate((selector) => document.activeElement?.matches(selector) ?? false, matches)) return
  }
  throw new Error(`Tab never reached ${what}`)
}

export async function focusIsVisible(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const style = getComputedStyle(document.activeElement!)
    return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2
  })
}
