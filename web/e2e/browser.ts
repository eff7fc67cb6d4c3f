/** One headless Chromium for all stories, and visits in it that collect what the page complains about. */
import { existsSync } from 'node:fs'
import { chromium, type Browser, type BrowserContextOptions, type Page, type Request } from 'playwright-core'
import { afterAll, beforeAll, expect, inject } from 'vitest'

export const BASE_URL = inject('baseUrl')

const CANDIDATES = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

const QUIET = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
]

/** A visitor would give up as well after so long. */
const PATIENCE_MS = 20_000

export interface Visit {
  page: Page
  /** What went wrong on the page so far: console errors and uncaught exceptions. */
  complaints: string[]
  /** Cumulative layout shift since the page was opened, without shifts right after the visitor's own input. */
  layoutShift: () => Promise<number>
  close: () => Promise<void>
}

/** All files run in one process, one after the other (vitest.config.ts). The browser ends with it. */
let launched: Promise<Browser> | undefined

function launch(): Promise<Browser> {
  const executablePath = CANDIDATES.find((path) => path && existsSync(path))
  if (!executablePath) throw new Error('no Chromium found; install it (apt-get install chromium) or set CHROMIUM to its path')
  return chromium.launch({ executablePath, args: QUIET })
}

/** What a page has asked for and has not got yet, and how much it asked for in all. */
const asked = new WeakMap<Page, { open: Set<Request>; ever: number }>()

function watch(page: Page): void {
  const told = { open: new Set<Request>(), ever: 0 }
  asked.set(page, told)
  page.on('request', (request) => {
    // What the page before it asked for is of no use any more.
    if (request.isNavigationRequest() && request.frame() === page.mainFrame()) told.open.clear()
    told.open.add(request)
    told.ever += 1
  })
  for (const end of ['requestfinished', 'requestfailed'] as const) page.on(end as 'requestfinished', (request) => told.open.delete(request))
}

export function useBrowser(): { visit: (options?: BrowserContextOptions) => Promise<Visit> } {
  let browser: Browser | undefined

  beforeAll(async () => {
    browser = await (launched ??= launch())
  })
  // Those of stories that failed.
  afterAll(async () => {
    await Promise.all((browser?.contexts() ?? []).map((context) => context.close()))
  })

  return {
    async visit(options = {}) {
      if (!browser) throw new Error('the browser has not started')
      const context = await browser.newContext({
        baseURL: BASE_URL, viewport: { width: 1280, height: 900 }, locale: 'en-GB', reducedMotion: 'reduce', ...options,
      })
      context.setDefaultTimeout(PATIENCE_MS)
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
      watch(page)
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

/** How often in a row a page has to be found at rest: what comes in may make it ask for more. */
const LOOKS = 2

/**
 * The page has been taken over by the app: the header's cart button is its own, all that it asked for is there and drawn, and
 * nothing is loading.
 */
export async function settled(page: Page): Promise<void> {
  const told = asked.get(page)
  if (!told) throw new Error('the page was not opened by a visit')
  await page.getByTestId('cart-link').waitFor()
  const until = Date.now() + PATIENCE_MS
  for (let quiet = 0; quiet < LOOKS; ) {
    const before = told.ever
    // It may just be leaving for another.
    const loaded = await page.evaluate(atRest).catch(() => false)
    quiet = loaded && told.open.size === 0 && told.ever === before ? quiet + 1 : 0
    if (Date.now() > until) {
      const waiting = [...told.open].map((request) => request.url())
      throw new Error(`the page at ${page.url()} does not come to rest; it waits for ${JSON.stringify(waiting)}`)
    }
  }
}

/** Within the page: after two frames, and what they have led to. */
async function atRest(): Promise<boolean> {
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(drawn))))
  return document.readyState === 'complete' && document.querySelector('main [aria-busy="true"]') === null
}

export function expectQuiet(visit: Visit): void {
  expect(visit.complaints, 'the page complained').toEqual([])
}
