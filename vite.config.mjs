import { defineConfig } from "vite";

export default defineConfig({
  // Relative, so the files work under whatever prefix a county serves them.
  base: "./",
  publicDir: false,
  css: {
    preprocessorOptions: {
      // Bootstrap 5.3 is still written with Sass's older import and colour functions.
      scss: {
        quietDeps: true,
        silenceDeprecations: ["import", "global-builtin", "color-functions", "if-function"],
      },
    },
  },
  build: {
    outDir: "core/static/dist",
    emptyOutDir: true,
    manifest: true,
    assetsInlineLimit: 0,
    modulePreload: false,
    chunkSizeWarningLimit: 700,
    // Phones of old people are old: WebViews of 2021 still get the layout.
    target: ["es2021", "chrome87", "safari14"],
    rollupOptions: {
      onwarn(warning, warn) {
        // htmx has an eval for features that assets/app.js switches off and the page forbids.
        if (warning.code !== "EVAL") warn(warning);
      },
      input: ["assets/app.js", "assets/scan.js", "assets/charts.js", "assets/builder.js"],
      output: {
        entryFileNames: "[name]-[hash].js",
        chunkFileNames: "[name]-[hash].js",
        assetFileNames: "[name]-[hash][extname]",
      },
    },
  },
});
