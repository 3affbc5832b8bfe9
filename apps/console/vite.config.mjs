import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The console as static files for `/console/`. scripts/build.mjs builds it, by way of bundle.mjs. */
export default defineConfig({
  root: at('.'),
  base: '/console/',
  resolve: {
    conditions: ['annex-source', 'module', 'browser', 'production'],
    // @rjsf/core asks for it in a file for tests, which its index leads to; ours checks without making code.
    alias: { '@rjsf/validator-ajv8': at('src/screens/plugins/schema-validator.ts') },
  },
  build: {
    target: 'es2023',
    // Every byte is sent with a policy that knows files only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1500,
    // What every screen needs comes in one file: seventy small ones compress worse, and each is asked for.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'first', tags: ['$initial'] }] } } },
  },
});
