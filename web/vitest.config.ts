/** Unit and component tests of the storefront and its packages; journeys through a real browser are in e2e/. */
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [vue()],
  resolve: { alias: { '@': fileURLToPath(new URL('./storefront/src', import.meta.url)) } },
  test: {
    environment: 'happy-dom',
    environmentOptions: { happyDOM: { url: 'http://shop.test/' } },
    include: ['storefront/{src,test}/**/*.test.ts', 'packages/*/src/**/*.test.ts'],
    restoreMocks: true,
    unstubGlobals: true,
  },
})
