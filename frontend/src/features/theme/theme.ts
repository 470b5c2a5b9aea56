import { useSyncExternalStore } from "react";

export const THEMES = ["light", "dark", "system"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "rookery.theme";
const listeners = new Set<() => void>();
const darkRoom = window.matchMedia("(prefers-color-scheme: dark)");

function stored(): Theme {
  const value = localStorage.getItem(KEY);
  return value === "light" || value === "dark" ? value : "system";
}

function apply(): void {
  const theme = stored();
  document.documentElement.classList.toggle(
    "dark",
    theme === "dark" || (theme === "system" && darkRoom.matches),
  );
  for (const listener of listeners) {
    listener();
  }
}

export function setTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  apply();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Follow the system's setting and other tabs. `public/theme.js` set the first paint already. */
export function followTheme(): void {
  darkRoom.addEventListener("change", apply);
  window.addEventListener("storage", apply);
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, stored);
}
