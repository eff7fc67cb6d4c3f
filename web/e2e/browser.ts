/** One headless Chromium per suite, and visits in it that collect what the page complains about. */
import { existsSync } from 'node:fs'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject } from 'vitest'

export const BASE_URL = inject('baseUrl')

const CANDIDATES = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

const QUIET = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
]

export interface Visit {
  page: Page
  /** What went wrong on the page so far: console errors and uncaught exceptions. */
  complaints: string[]
  /** Cumulative layout shift since the page was opened, without shifts right after the visitor's own input. */
  layoutShift: () => Promise<number>
  close: () => Promise<void>
}

export function useBrowser(): { visit: (options?: BrowserContextOptions) => Promise<Visit> } {
  let browser: Browser | undefined

  beforeAll(async () => {
    const executablePath = CANDIDATES.find((path) => path && existsSync(path))
    if (!executablePath) throw new Error('no Chromium found; install it (apt-get install chromium) or set CHROMIUM to its path')
    browser = await chromium.launch({ executablePath, args: QUIET })
  })
  afterAll(() => browser?.close())

  return {
    async visit(options = {}) {
      if (!browser) throw new Error('the browser has not started')
      const context = await browser.newContext({
        baseURL: BASE_URL, viewport: { width: 1280, height: 900 }, locale: 'en-GB', reducedMotion: 'reduce', ...options,
      })
      context.setDefaultTimeout(20_000)
      await context.addInitScript(() => {
        const sum = { value: 0 }
        Object.assign(window, { layoutShiftSum: sum })
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[]) {
            if (!entry.hadRecentInput) sum.value += entry.value
          }
        }).observe({ type: 'layout-shift', buffered: true })
      })
      const page = await context.newPage()
      const complaints: string[] = []
      page.on('pageerror', (error) => complaints.push(error.message))
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(`${message.text()} (${message.location().url})`)
      })
      return {
        page,
        complaints,
        layoutShift: () => page.evaluate(() => (window as unknown as { layoutShiftSum: { value: number } }).layoutShiftSum.value),
        close: () => context.close(),
      }
    },
  }
}

/** The page has been taken over by the app: the header's cart button is its own, and nothing is loading. */
export async function settled(page: Page): Promise<void> {
  await page.getByTestId('cart-link').waitFor()
  await page.waitForLoadState('networkidle')
  await page.waitForFunction(() => document.querySelector('main [aria-busy="true"]') === null)
}

export function expectQuiet(visit: Visit): void {
  expect(visit.complaints, 'the page complained').toEqual([])
}
