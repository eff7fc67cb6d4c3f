/** Journeys through a running shop in a real browser, one after the other. BASE_URL says where the shop is. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['*.e2e.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
    globalSetup: ['./ready.ts'],
  },
})
