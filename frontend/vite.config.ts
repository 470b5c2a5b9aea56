import { cpSync } from "node:fs";
import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const server = "http://127.0.0.1:8400";
const proxy = Object.fromEntries(
  ["/v1", "/healthz", "/readyz", "/docs", "/openapi.json"].map((path) => [path, server]),
);

const outDir = "../entrypoints/api/dashboard";

/** Swagger UI comes along, so that /docs works without the internet. */
const apiDocs: Plugin = {
  name: "api-docs",
  apply: "build",
  closeBundle() {
    for (const file of ["swagger-ui-bundle.js", "swagger-ui.css"]) {
      cpSync(`node_modules/swagger-ui-dist/${file}`, `${outDir}/swagger/${file}`);
    }
  },
};

export default defineConfig({
  plugins: [react(), tailwindcss(), apiDocs],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: { outDir, emptyOutDir: true, assetsInlineLimit: 0 },
  server: { proxy },
  preview: { proxy },
  test: {
    environment: "jsdom",
    setupFiles: "src/test/setup.ts",
    include: ["src/**/*.test.{ts,tsx}"],
    testTimeout: 20_000,
  },
});
