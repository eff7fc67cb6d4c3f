/** The storefront's build: one style sheet, hashed files under /assets, nothing inline, so that a strict CSP holds. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig, type Plugin } from 'vite'

/** Emits the small script that must run before first paint as a hashed classic script, and preloads the latin fonts. */
function firstPaint(): Plugin {
  const source = '/src/theme-boot.js'
  return {
    name: 'hanse-first-paint',
    apply: 'build',
    buildStart() {
      const text = readFileSync(new URL(`.${source}`, import.meta.url), 'utf8')
      this.emitFile({ type: 'asset', name: 'theme-boot.js', source: text })
    },
    transformIndexHtml: {
      order: 'post',
      handler(html, context) {
        const files = Object.keys(context.bundle ?? {})
        const fonts = files.filter((file) => /(figtree|besley)-latin-wght-normal.*\.woff2$/.test(file))
        const script = files.find((file) => /theme-boot-[^/]*\.js$/.test(file))
        if (fonts.length !== 2 || !script || !html.includes(source)) throw new Error('the page head is not as the build expects it')
        return {
          html: html.replace(source, `/${script}`),
          tags: fonts.map((file) => ({
            tag: 'link',
            attrs: { rel: 'preload', as: 'font', type: 'font/woff2', href: `/${file}`, crossorigin: '' },
            injectTo: 'head-prepend' as const,
          })),
        }
      },
    },
  }
}

/** Where the dev server and the preview find the shop that answers. */
const SHOP = process.env['SHOP_URL'] ?? 'http://127.0.0.1:8080'

/** What the frame of every page needs: in one file, else it lands in many small ones, which pack worse and load later. */
const FRAME = /packages\/api\/(?!src\/pictures)|openapi-fetch|pinia|vue-i18n|@intlify|@vue\/|vue-router|storefront\/src\/(stores\/|lib\/(api|i18n|orders|queries|seed|storage)\.ts)/

export default defineConfig({
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  plugins: [vue(), tailwindcss(), firstPaint()],
  define: {
    __VUE_OPTIONS_API__: false,
    __VUE_PROD_DEVTOOLS__: false,
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: false,
    __VUE_I18N_FULL_INSTALL__: false,
    __VUE_I18N_LEGACY_API__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
  },
  build: {
    target: ['chrome123', 'edge123', 'firefox120', 'safari17.5'],
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    manifest: true,
    modulePreload: { polyfill: false },
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'frame', test: FRAME }] } } },
  },
  server: { proxy: { '/api': SHOP, '/media': SHOP } },
})
