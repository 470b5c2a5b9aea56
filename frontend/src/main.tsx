import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router";
import { ProblemError } from "@/api/problem";
import { takeTokenFromAddress } from "@/features/auth/token";
import { TokenGate } from "@/features/auth/token-gate";
import { followTheme } from "@/features/theme/theme";
import { createRouter } from "./router";
import "./app.css";

takeTokenFromAddress();
window.addEventListener("hashchange", takeTokenFromAddress);
followTheme();

const queries = new QueryClient({
  defaultOptions: {
    // The server is usually on this machine: whether there is an internet says nothing about it.
    queries: {
      networkMode: "always",
      staleTime: 10_000,
      retry: (failures, error) => failures < 2 && !(error instanceof ProblemError),
    },
    mutations: { networkMode: "always" },
  },
});

const router = createRouter();
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <TokenGate>
          <RouterProvider router={router} />
        </TokenGate>
      </QueryClientProvider>
    </StrictMode>,
  );
}
