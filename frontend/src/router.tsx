import { createBrowserRouter, Navigate, type RouteObject } from "react-router";
import { AppShell } from "@/components/layout/app-shell";
import { Crash } from "@/components/layout/crash";
import { PageFallback } from "@/components/layout/page-fallback";

const PAGES: RouteObject[] = [
  { index: true, lazy: () => import("@/features/research") },
  { path: "runs", lazy: () => import("@/features/runs") },
  { path: "runs/compare", lazy: () => import("@/features/compare") },
  { path: "runs/:id", lazy: () => import("@/features/run") },
  { path: "approvals", lazy: () => import("@/features/approvals") },
  { path: "sources", lazy: () => import("@/features/sources") },
  { path: "memory", lazy: () => import("@/features/memory") },
  { path: "agents", lazy: () => import("@/features/agents") },
  { path: "models", lazy: () => import("@/features/models") },
  // The server keeps /integrations for the webhooks of Slack and others.
  { path: "settings/integrations", lazy: () => import("@/features/integrations") },
  { path: "integrations", element: <Navigate to="/settings/integrations" replace /> },
  { path: "settings", lazy: () => import("@/features/settings") },
  { path: "*", lazy: () => import("@/components/layout/not-found") },
];

export const createRouter = () =>
  createBrowserRouter([
    {
      element: <AppShell />,
      errorElement: <Crash />,
      children: [{ errorElement: <Crash />, HydrateFallback: PageFallback, children: PAGES }],
    },
  ]);
