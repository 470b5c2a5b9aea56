import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = "http://127.0.0.1:8400";
const proxy = Object.fromEntries(
  ["/v1", "/healthz", "/readyz", "/docs", "/openapi.json"].map((path) => [path, server]),
);

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: { outDir: "../entrypoints/api/dashboard", emptyOutDir: true, assetsInlineLimit: 0 },
  server: { proxy },
  preview: { proxy },
  test: {
    environment: "jsdom",
    setupFiles: "src/test/setup.ts",
    include: ["src/**/*.test.{ts,tsx}"],
    testTimeout: 20_000,
  },
});
