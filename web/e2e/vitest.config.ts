/** Journeys through a running shop in a real browser, one after the other. BASE_URL says where the shop is. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['*.e2e.ts'],
    fileParallelism: false,
    // One process, and in it one browser.
    isolate: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // As long as a story waits for anything else of its own page.
    expect: { poll: { timeout: 15_000 } },
    globalSetup: ['./ready.ts'],
  },
})
